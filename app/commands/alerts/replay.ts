import { existsSync } from 'node:fs';
import pc from 'picocolors';
import { onCallTargets } from '../../../alerts/on-call/parse.ts';
import { resolveTarget } from '../../../alerts/on-call/targets.ts';
import type { Policy } from '../../../alerts/policies/policy.ts';
import { type FilledIn, fillIn } from '../../../alerts/simulation/fill-in.ts';
import {
  type Comparison,
  compareOnRecording,
  type Divergence,
  type Gap,
  lookBackOf,
  type Outcome,
} from '../../../alerts/simulation/replay.ts';
import { systemClock } from '../../../core/clock.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { answerFiles } from '../../../storage/rule-answers/index.ts';
import { loadEntrySchemas } from '../../config/entry-schemas.ts';
import { loadPolicies, loadScenarios } from '../../config/files.ts';
import { type Config, loadConfig } from '../../config/load.ts';
import { withPlaceholders } from '../../config/substitute.ts';
import type { DataDirectory } from '../../data-directory.ts';
import { InvalidFiles } from '../../invalid-files.ts';
import { readPolicies, shippedFiles } from '../../setup.ts';
import { count, terminal } from '../../terminal.ts';
import { CONSOLE } from '../../watcher/channels.ts';
import { brokenLines } from './broken-lines.ts';
import { pastTelemetry } from './past-telemetry.ts';
import { type RecordedHistory, readRecording } from './recording.ts';

export interface ReplayOptions {
  /** RFC 3339, a day, or how long ago: `7d`. */
  from: string;
  /** As `from`; undefined for now. */
  to: string | undefined;
  /** Files of changed or new policies. */
  policies: string[];
  config: string | undefined;
  directory: DataDirectory;
  json: boolean;
}

const DIVERGENCES_SHOWN = 20;

/**
 * `ringdown alerts replay`: what the policies of the config would have paged in a time that was recorded, beside what they
 * would have with the changed files in their place.
 */
export async function replayPolicies(options: ReplayOptions): Promise<number> {
  if (options.policies.length === 0)
    throw usage('no changed policy is named', 'name its file: --policy changed.policy.yaml');
  const now = systemClock.now();
  const from = readTime('--from', options.from, now);
  const to = options.to === undefined ? now : readTime('--to', options.to, now);
  if (from >= to) throw usage('the time ends before it begins', '--from must be before --to');
  const { settings, channels, before, after, changed } = await readSides(options);
  const file = options.directory.stateFile;
  if (!existsSync(file)) {
    throw usage(`no watcher has run on ${options.directory.path}`, 'name its directory with --data-dir');
  }
  // Facts of runs that passed alone: what is wrong with a scenario is told by validate.
  const scenarios = loadScenarios(
    settings.scenarioFiles ?? shippedFiles('scenarios/suites/**/*.scenario.yaml'),
    null,
  ).value;
  const lookBackMs = lookBackOf([...before, ...after]);
  const recording = await terminal.progress(
    'reading what was recorded',
    readRecording(file, { from, to, lookBackMs }, scenarios),
  );
  const { onCall, maintenance } = settings;
  const environment = settings.environments[0]?.name ?? 'default';
  const recorded = answerFiles(options.directory.ruleAnswersDirectory);
  const past = pastTelemetry(options.directory, settings.backends, now);
  const { history, filled, trouble } = await terminal.progress(
    'asking telemetry what was not asked then',
    fillIn(recorded, { from, to }, [before, after], past),
  );
  const comparison = await terminal.progress(
    'playing it through both sides',
    compareOnRecording(
      { channels, maintenance, environment, ...(onCall ? { resolveTarget: resolveTarget(() => onCall) } : {}) },
      { before, after },
      { ...recording, answers: history },
    ),
  );
  const { runs, monitors, answers, unreadable } = recording;
  const span = { from: iso(from), to: iso(to) };
  if (options.json)
    terminal.out(
      JSON.stringify({
        ...span,
        runs,
        monitors,
        answers,
        unreadable,
        changed,
        ...comparison,
        asked_now: filled,
        trouble,
      }),
    );
  else {
    for (const line of replayLines(span, recording, comparison)) terminal.out(line);
    for (const line of filledLines(filled, trouble)) terminal.out(line);
  }
  for (const line of brokenLines(unreadable)) terminal.err(pc.yellow(line));
  return EXIT.success;
}

async function readSides({ config: configFile, policies: files }: ReplayOptions) {
  const { channelTypes, schemas } = await loadEntrySchemas();
  const config = loadConfig(configFile, schemas, withPlaceholders({}));
  const settings = config.value;
  const entries = settings.channels.length > 0 ? settings.channels : [CONSOLE];
  const channels = entries.map(({ name, type }) => ({ name, events: channelTypes.get(type)?.events ?? [] }));
  const present = readPolicies(settings);
  const changed = loadPolicies(files, namesOf(settings, channels));
  const diagnostics = [...config.diagnostics, ...present.diagnostics, ...changed.diagnostics];
  if (diagnostics.length > 0) {
    throw new InvalidFiles(diagnostics, new Map([...config.texts, ...present.texts, ...changed.texts]));
  }
  const ids = changed.value.map(({ id }) => id);
  const after: Policy[] = [...present.value.filter(({ id }) => !ids.includes(id)), ...changed.value];
  return { settings, channels, before: present.value, after, changed: ids };
}

function namesOf({ onCall, backends, heartbeats }: Config, channels: readonly { name: string }[]) {
  const targets = onCall ? onCallTargets(onCall) : [];
  const named = (kind: string) =>
    targets.flatMap((target) => (target.startsWith(kind) ? target.slice(kind.length) : []));
  return {
    channels: channels.map(({ name }) => name),
    schedules: named('on-call:'),
    users: named('user:'),
    backends: backends.map(({ name }) => name),
    heartbeats: heartbeats.map(({ name }) => name),
  };
}

/** What is printed: counts side by side, then the first moments at which the two differ. */
function replayLines(
  span: { from: string; to: string },
  recorded: Pick<RecordedHistory, 'runs' | 'monitors' | 'answers'>,
  { before, after, divergences, left_out, gaps, rule_answers, damaged }: Comparison,
): string[] {
  const { runs, monitors, answers } = recorded;
  const shown = divergences.slice(0, DIVERGENCES_SHOWN);
  return [
    `${moment(span.from)} to ${moment(span.to)} UTC: ${count(runs, 'run')} of ${count(monitors, 'monitor')}, ${count(rule_answers, 'answer')} to rules, ${count(answers, 'answer')} of people`,
    '',
    ...table(before, after),
    '',
    divergences.length === 0
      ? 'Both page the same, at the same times.'
      : `${count(divergences.length, 'moment')} at which they differ${divergences.length > shown.length ? `; the first ${shown.length}` : ''}:`,
    ...shown.flatMap(divergenceLines),
    ...(left_out.length > 0
      ? ['', `Evaluated on neither side, because what they ask was not recorded then: ${left_out.join(', ')}`]
      : []),
    ...(gaps.length > 0 ? ['', 'Evaluated on neither side while nothing is recorded:', ...gaps.map(gapLine)] : []),
    ...(damaged > 0
      ? ['', `${count(damaged, 'piece')} of the history of rules cannot be read; that time is missing`]
      : []),
  ];
}

function filledLines(filled: readonly FilledIn[], trouble: string | null): string[] {
  const each = filled.map(({ rule, every_ms }) => `${rule} each ${formatDuration(every_ms)}`);
  return [
    ...(each.length > 0
      ? ['', `Nobody asked this then, so telemetry was asked now, and what came late counts: ${each.join(', ')}`]
      : []),
    ...(trouble === null ? [] : ['', `Telemetry could not be asked what nobody asked then: ${trouble}`]),
  ];
}

function gapLine({ rule, missing }: Comparison['gaps'][number]): string {
  const lengthOf = ({ from, to }: Gap) => Date.parse(to) - Date.parse(from);
  const all = formatDuration(missing.reduce((sum, gap) => sum + lengthOf(gap), 0));
  const longest = missing.reduce((most, gap) => (lengthOf(gap) > lengthOf(most) ? gap : most));
  const when = `${moment(longest.from)} to ${moment(longest.to)}`;
  return missing.length === 1
    ? `  ${rule}: ${all}, ${when}`
    : `  ${rule}: ${all} in ${missing.length} stretches, the longest ${when}`;
}

function table(before: Outcome, after: Outcome): string[] {
  const rows: [string, number, number][] = [
    ['incidents', before.incidents, after.incidents],
    ['pages', before.pages, after.pages],
  ];
  for (const key of ['by_channel', 'by_priority'] as const) {
    const names = [...new Set([...before[key], ...after[key]].map(({ name }) => name))];
    const pages = (side: Outcome, name: string) => side[key].find((one) => one.name === name)?.pages ?? 0;
    for (const name of names) rows.push([`  ${name}`, pages(before, name), pages(after, name)]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = (name: string, one: string, other: string) =>
    `${name.padEnd(width)}  ${one.padStart(8)}  ${other.padStart(8)}`;
  return [
    line('', 'now', 'changed'),
    ...rows.map(([name, one, other]) => {
      const text = line(name, String(one), String(other));
      return one === other ? pc.dim(text) : text;
    }),
  ];
}

function divergenceLines({ at, before, after }: Divergence): string[] {
  const told = (side: readonly string[]) => (side.length > 0 ? side.join('; ') : 'nobody');
  return [`  ${moment(at)}  now      ${told(before)}`, `  ${''.padEnd(19)}  changed  ${told(after)}`];
}

/** A time with its zone, a day (UTC), or how long ago. @throws RingdownError for anything else */
function readTime(flag: string, text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const written = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const time = written ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw usage(
    `${flag} ${text} is no time`,
    'write 2026-11-20T08:00:00+09:00, 2026-11-20 for the day in UTC, or 7d for seven days ago',
  );
}

function usage(message: string, hint: string): RingdownError {
  return new RingdownError('REPLAY', message, { hint, exitCode: EXIT.usage });
}

function moment(at: string): string {
  return at.replace('T', ' ').slice(0, 19);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
