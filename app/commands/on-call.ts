import { readFileSync, writeFileSync } from 'node:fs';
import pc from 'picocolors';
import { importSchedule } from '../../alerts/on-call/importers/import-schedule.ts';
import type { ImportedOnCall } from '../../alerts/on-call/importers/imported.ts';
import type { OnCall } from '../../alerts/on-call/on-call.ts';
import { nowAndNext } from '../../alerts/on-call/shifts.ts';
import type { List, OnCallSchedule } from '../../control/resources.ts';
import { systemClock } from '../../core/clock.ts';
import { printYaml, suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import { timeZone } from '../../core/time-zone.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { loadConfig } from '../config/load.ts';
import { withPlaceholders } from '../config/substitute.ts';
import { askWatcher } from '../control-client.ts';
import type { DataDirectory } from '../data-directory.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { terminal } from '../terminal.ts';

/** What one schedule says now, whoever was asked. */
type Told = Pick<OnCallSchedule, 'key' | 'name' | 'timezone' | 'now' | 'next'>;

export interface ShowOptions {
  schedule: string | undefined;
  config: string | undefined;
  directory: DataDirectory;
  json: boolean;
}

/**
 * `ringdown on-call now`: asks the watcher, who knows overrides that were added; where none runs, the config.
 * @returns exit code 1 when nobody is on call in one of the schedules
 */
export async function showOnCall({ schedule, config, directory, json }: ShowOptions): Promise<number> {
  const { told, known } = await ask(directory, config);
  const chosen = schedule === undefined ? told : told.filter(({ key }) => key === schedule);
  if (schedule !== undefined && chosen.length === 0) {
    const keys = told.map(({ key }) => key);
    throw new RingdownError('UNKNOWN_SCHEDULE', `there is no schedule "${schedule}"`, {
      hint: suggestion(schedule, keys) ?? 'on_call.schedules in ringdown.yaml names them',
      exitCode: EXIT.usage,
    });
  }
  if (json) terminal.out(JSON.stringify({ items: chosen, overrides_known: known }));
  else {
    if (chosen.length === 0) terminal.out('There are no schedules: on_call.schedules in ringdown.yaml names them.');
    for (const one of chosen) print(one);
    if (!known) terminal.err(pc.dim('From the config alone: no watcher answers, who knows overrides that were added.'));
  }
  return chosen.some(({ now }) => now.users.length === 0) ? EXIT.failed : EXIT.success;
}

async function ask(
  directory: DataDirectory,
  config: string | undefined,
): Promise<{ told: readonly Told[]; known: boolean }> {
  try {
    return { told: (await askWatcher<List<OnCallSchedule>>(directory, '/api/v1/on-call')).items, known: true };
  } catch (error) {
    const away = error instanceof RingdownError && ['NOT_RUNNING', 'WATCHER_AWAY'].includes(error.code);
    if (!away) throw error;
    return { told: await readFromConfig(config), known: false };
  }
}

async function readFromConfig(config: string | undefined): Promise<Told[]> {
  const { schemas } = await loadEntrySchemas();
  const { value, diagnostics, texts } = loadConfig(config, schemas, withPlaceholders(process.env));
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  return value.onCall ? tell(value.onCall, systemClock.now()) : [];
}

function tell({ users, schedules }: OnCall, at: number): Told[] {
  const people = (keys: readonly string[]) => keys.map((key) => ({ key, name: users.get(key)?.name ?? key }));
  const iso = (instant: number) => new Date(instant).toISOString();
  return [...schedules.values()].map((schedule) => {
    const { users: now, until, next } = nowAndNext(schedule, at);
    return {
      key: schedule.key,
      name: schedule.name,
      timezone: schedule.timezone,
      now: { users: people(now), until: until === null ? null : iso(until) },
      next: next && {
        from: iso(next.from),
        to: iso(next.until),
        users: people(next.users),
        rotation: next.rotation,
        override: next.override,
      },
    };
  });
}

function print({ key, name, timezone, now, next }: Told): void {
  const local = (time: string) =>
    new Date(timeZone(timezone).toLocal(Date.parse(time))).toISOString().slice(0, 16).replace('T', ' ');
  const names = (users: readonly { name: string }[]) => users.map((user) => user.name).join(', ');
  const who = now.users.length > 0 ? pc.bold(names(now.users)) : pc.red('nobody');
  terminal.out(`${name === key ? key : `${key} (${name})`}: ${who}${now.until ? `, until ${local(now.until)}` : ''}`);
  if (next) terminal.out(`  next: ${names(next.users)}, ${local(next.from)} to ${local(next.to)} ${pc.dim(timezone)}`);
}

export interface OnCallImport {
  file: string | undefined;
  fromPagerDuty: boolean;
  /** Names or ids; empty for all. */
  schedules: readonly string[];
  url: string;
  channel: string | undefined;
  output: string | undefined;
  json: boolean;
}

const PATIENCE_MS = 120_000;

/** `ringdown on-call import`: the section goes to stdout or a file, what it does not have to stderr. */
export async function importOnCall(flags: OnCallImport): Promise<number> {
  const { onCall, notCarried, differences } = flags.fromPagerDuty ? await fromPagerDuty(flags) : fromFile(flags);
  const text = printYaml({ on_call: onCall });
  if (flags.json) terminal.out(JSON.stringify({ on_call: onCall, not_carried: notCarried, differences }));
  else if (flags.output === undefined) terminal.out(text.trimEnd());
  if (flags.output !== undefined) write(flags.output, text);
  if (!flags.json) {
    for (const what of differences) terminal.err(`${pc.yellow('differs')} ${what}`);
    for (const what of notCarried) terminal.err(`${pc.yellow('not imported')} ${what}`);
  }
  return Object.keys(onCall.schedules ?? {}).length > 0 ? EXIT.success : EXIT.usage;
}

function fromFile({ file, channel }: OnCallImport): ImportedOnCall & { differences: string[] } {
  if (file === undefined)
    throw new RingdownError('NO_SOURCE', 'there is nothing to import from', {
      hint: 'name a file with schedules, or ask PagerDuty with --from-pagerduty',
      exitCode: EXIT.usage,
    });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RingdownError('CANNOT_READ', `${file} cannot be read`, {
      hint: toError(cause).message,
      exitCode: EXIT.usage,
      cause,
    });
  }
  const options = { at: systemClock.now(), ...(channel === undefined ? {} : { channel }) };
  const { imported, diagnostics } = importSchedule(text, file, options);
  if (!imported) throw new InvalidFiles(diagnostics, new Map([[file, text]]));
  return { ...imported, differences: [] };
}

async function fromPagerDuty({ file, schedules, url, channel }: OnCallImport) {
  if (file !== undefined)
    throw new RingdownError('ONE_SOURCE', 'a file and --from-pagerduty exclude each other', { exitCode: EXIT.usage });
  const token = process.env.PAGERDUTY_TOKEN;
  if (!token)
    throw new RingdownError('NO_TOKEN', 'PAGERDUTY_TOKEN is not set', {
      hint: 'a read-only REST API key: PagerDuty, Integrations, API Access Keys',
      exitCode: EXIT.usage,
    });
  const { syncFromPagerDuty } = await import('../../alerts/on-call/importers/sync-from-pagerduty.ts');
  const access = { token, url, clock: systemClock, only: schedules, ...(channel === undefined ? {} : { channel }) };
  const found = await terminal.progress(
    'reading schedules from PagerDuty',
    syncFromPagerDuty(access, AbortSignal.timeout(PATIENCE_MS)),
  );
  if ('error' in found)
    throw new RingdownError('NOT_IMPORTED', found.error.message, { exitCode: EXIT.failed, cause: found.error });
  return found;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'is there already' : `cannot be written: ${code}`;
    throw new RingdownError('NOT_WRITTEN', `${file} ${why}`, { exitCode: EXIT.usage, cause });
  }
}
