import { existsSync } from 'node:fs';
import pc from 'picocolors';
import type { Incident } from '../../../alerts/incident.ts';
import type { StageWord } from '../../../alerts/incidents/people.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { printable } from '../../../scenarios/reporters/printable.ts';
import type { BrokenRow } from '../../../storage/broken-rows.ts';
import { openState } from '../../../storage/state.ts';
import { askWatcher } from '../../control-client.ts';
import type { DataDirectory } from '../../data-directory.ts';
import { terminal } from '../../terminal.ts';
import { brokenLines } from './broken-lines.ts';

export interface ExplainOptions {
  /** Id of an incident, or its beginning. */
  id: string;
  directory: DataDirectory;
  json: boolean;
}

interface Explained {
  incident: Incident;
  /** Oldest first. */
  words: readonly StageWord[];
}

/** How many incidents the beginning of an id is looked for among, newest first. */
const LOOKED_AT = 500;

const MARKS: Readonly<Record<StageWord['verdict'], (text: string) => string>> = {
  passed: pc.dim,
  held: pc.yellow,
  released: pc.cyan,
  told: pc.green,
  nobody: pc.red,
};

/**
 * `ringdown alerts explain INCIDENT`: what each stage of the chain said of it, from the watcher, or where none runs from
 * its database.
 */
export async function explainIncident({ id, directory, json }: ExplainOptions): Promise<number> {
  const explained = await ask(id, directory);
  if (json) terminal.out(JSON.stringify(explained));
  else for (const line of explanationLines(explained)) terminal.out(line);
  return EXIT.success;
}

/** The incident, whether it pages, and the words of the stages in the order in which they were said. */
export function explanationLines(explained: Explained): string[] {
  const { incident, words } = withoutControls(explained);
  const said = words.map(({ stage, at, verdict, why }) => {
    const word = verdict.padEnd(8);
    return `  ${pc.dim(clockTime(at))}  ${stage.padEnd(11)}  ${MARKS[verdict](word)}  ${why}`;
  });
  return [
    `${pc.bold(`${incident.priority} ${incident.title}`)} ${pc.dim(incident.id)}`,
    stateLine(incident),
    '',
    ...(said.length > 0 ? said : ['  nothing is known of what the stages said: it is older than they are']),
    '',
    conclusion(incident, words),
  ];
}

/** Titles are of services and other systems, names of whoever answered in a chat: none of them steers a terminal. */
function withoutControls({ incident, words }: Explained): Explained {
  const { title, acknowledged_by: by, resolved_by: ended, held } = incident;
  return {
    incident: {
      ...incident,
      title: printable(title),
      acknowledged_by: by && printable(by),
      resolved_by: ended && printable(ended),
      held: held && { ...held, reason: printable(held.reason) },
    },
    words: words.map((word) => ({ ...word, why: printable(word.why) })),
  };
}

function stateLine({
  state,
  triggered_at,
  acknowledged_by,
  resolved_by,
  resolved_at,
  failing_count,
}: Incident): string {
  const since = `triggered ${triggered_at.replace('T', ' ').slice(0, 19)} UTC`;
  if (state === 'acknowledged') return `${since}, acknowledged by ${acknowledged_by}, ${failing_count} failing`;
  if (state === 'resolved') {
    return `${since}, resolved ${resolved_at?.replace('T', ' ').slice(0, 19)} UTC${resolved_by ? ` by ${resolved_by}` : ''}`;
  }
  return `${since}, open, ${failing_count} failing`;
}

/** The answer to the question that made somebody ask. */
function conclusion(incident: Incident, words: readonly StageWord[]): string {
  // A delivery is another word about a page that an escalation has named.
  const told = words.filter(({ stage, verdict }) => verdict === 'told' && stage !== 'deliver');
  if (incident.held) {
    const until = incident.held.until ? ` until ${incident.held.until}` : '';
    return `It pages nobody now${until}: ${incident.held.reason}.`;
  }
  if (told.length > 0)
    return `It paged: ${told[0]!.why}${told.length > 1 ? `, and ${told.length === 2 ? 'once' : `${told.length - 1} times`} more` : ''}.`;
  const last = words.findLast(({ verdict }) => verdict === 'nobody' || verdict === 'held');
  return last ? `It paged nobody: ${last.why}.` : 'It has paged nobody yet.';
}

async function ask(id: string, directory: DataDirectory): Promise<Explained> {
  const explained = (whole: string) =>
    askWatcher<Explained>(directory, `/api/v1/incidents/${encodeURIComponent(whole)}/explain`);
  try {
    return await explained(id);
  } catch (error) {
    // It knows none of that id; any other refusal says more than that.
    if (error instanceof RingdownError && error.code === 'REFUSED' && error.exitCode === EXIT.usage) {
      return explained(await idBeginning(id, ({ limit }) => askWatcher(directory, `/api/v1/incidents?limit=${limit}`)));
    }
    const away = error instanceof RingdownError && ['NOT_RUNNING', 'WATCHER_AWAY'].includes(error.code);
    if (!away || !existsSync(directory.stateFile)) throw error;
    terminal.err(pc.dim('no watcher answers; this is what its database has'));
    return readDatabase(id, directory);
  }
}

async function readDatabase(id: string, directory: DataDirectory): Promise<Explained> {
  const broken = new Map<string, BrokenRow>();
  const { alerts, close } = await openState(directory.stateFile, (row) => broken.set(row.key, row));
  try {
    const exact = await alerts.find(id);
    const found = exact ?? (await alerts.find(await idBeginning(id, alerts.list)));
    if (found) return { incident: found.incident, words: found.words };
    throw unknown(id);
  } finally {
    await close();
    for (const line of brokenLines([...broken.values()])) terminal.err(pc.yellow(line));
  }
}

type ListIncidents = (page: { limit: number }) => Promise<{ items: readonly { id: string }[] }>;

async function idBeginning(beginning: string, list: ListIncidents): Promise<string> {
  const { items } = await list({ limit: LOOKED_AT });
  const [first, another] = items.filter(({ id }) => id.startsWith(beginning));
  if (!first) throw unknown(beginning);
  if (another) {
    throw new RingdownError('AMBIGUOUS_INCIDENT', `several incidents begin with ${beginning}`, {
      hint: `such as ${first.id} and ${another.id}`,
      exitCode: EXIT.usage,
    });
  }
  return first.id;
}

function unknown(id: string): RingdownError {
  return new RingdownError('UNKNOWN_INCIDENT', `there is no incident ${id}`, {
    hint: 'ids stand in pages, in the web UI and at /api/v1/incidents',
    exitCode: EXIT.usage,
  });
}

/** UTC, to the second. */
function clockTime(at: string): string {
  return at.slice(11, 19);
}
