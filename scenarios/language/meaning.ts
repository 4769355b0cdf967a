import { isCronExpression } from '../../core/cron.ts';
import {
  type Diagnostic,
  diagnosticAt,
  nearest,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { parsePercent } from '../../core/units.ts';
import { checkConnection } from './connection.ts';
import type { SourceFiles } from './source-files.ts';
import { diagnosticOf, LONGEST_WAIT_MS, lengthOf } from './step-meaning.ts';
import { entriesOf, field, isMapping, listOf } from './written.ts';

type Report = (path: Path, message: string, hint?: string, part?: 'key' | 'value') => void;

const SHORTEST_INTERVAL_MS = 1_000;

/** Names that mean something by themselves, with what. */
export const RESERVED_NAMES: Readonly<Record<string, string>> = {
  secrets: 'the declared secrets',
  row: 'the row of data',
};

/**
 * What a schema cannot see above the steps. Works on files that the schema has already complained about, so that all
 * errors come at once.
 */
export function checkMeaning(doc: SourceDocument, files: SourceFiles): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (path, message, hint, part) => {
    diagnostics.push(diagnosticAt(doc, path, message, hint, part));
  };
  checkSchedule(field(doc.value, 'schedule'), report);
  checkLimits(doc.value, report);
  checkLists(doc.value, report);
  for (const [name] of entriesOf(field(doc.value, 'variables'))) {
    if (Object.hasOwn(RESERVED_NAMES, name)) report(['variables', name], ...reservedName(name));
  }
  for (const problem of checkConnection(field(doc.value, 'connection'), files))
    diagnostics.push(diagnosticOf(doc, problem, ['connection']));
  return diagnostics;
}

/** What to say about a name that cannot be given. */
export function reservedName(name: string): [message: string, hint: string, part: 'key'] {
  return [`"${name}" is the name of ${RESERVED_NAMES[name]}`, 'choose another name', 'key'];
}

function checkSchedule(schedule: unknown, report: Report): void {
  if (!isMapping(schedule)) return;
  const { every, cron, timezone, while_failing: whileFailing } = schedule;
  const misspelt = Object.keys(schedule).some((key) => nearest(key.slice(0, 64), ['every', 'cron']));
  if (every === undefined && cron === undefined && !misspelt)
    report(['schedule'], 'schedule needs "every" or "cron"', 'for example: { every: 30s }', 'key');
  if (every !== undefined && cron !== undefined)
    report(['schedule', 'cron'], 'schedule has both "every" and "cron"', 'keep one of the two', 'key');
  if (typeof cron === 'string' && !isCronExpression(cron)) {
    report(
      ['schedule', 'cron'],
      `not a cron expression: "${cron}"`,
      'minute hour day-of-month month day-of-week, for example: */5 * * * *',
    );
  }
  if (timezone !== undefined && cron === undefined)
    report(['schedule', 'timezone'], '"timezone" means nothing without "cron"', 'remove it', 'key');
  if (typeof timezone === 'string' && !isTimezone(timezone))
    report(
      ['schedule', 'timezone'],
      `unknown time zone "${timezone}"`,
      suggestion(timezone, Intl.supportedValuesOf('timeZone')) ?? 'an IANA name, for example: Europe/Berlin',
    );
  for (const [key, length] of [
    ['every', every],
    ['while_failing', whileFailing],
  ] as const) {
    const ms = lengthOf(length);
    if (ms !== undefined && ms < SHORTEST_INTERVAL_MS) report(['schedule', key], `${key} must be at least 1s`);
  }
}

function checkLimits(file: unknown, report: Report): void {
  const timeout = lengthOf(field(file, 'timeout'));
  if (timeout === 0) report(['timeout'], 'timeout must be longer than nothing');
  if (timeout !== undefined && timeout > LONGEST_WAIT_MS) report(['timeout'], 'timeout must be at most 1h');
  if ((lengthOf(field(field(file, 'retry'), 'delay')) ?? 0) > LONGEST_WAIT_MS)
    report(['retry', 'delay'], 'delay must be at most 1h');
  const until = field(field(file, 'quarantine'), 'until');
  if (typeof until === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(until)) {
    const day = new Date(`${until}T00:00:00Z`);
    if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== until)
      report(['quarantine', 'until'], `${until} is no day of the calendar`);
  }
  const objective = field(field(file, 'slo'), 'objective');
  const share = typeof objective === 'string' ? parsePercent(objective) : undefined;
  if (share !== undefined && (share <= 0 || share >= 1))
    report(
      ['slo', 'objective'],
      'objective must be more than 0% and less than 100%',
      'no service is up 100% of the time',
    );
}

function checkLists(file: unknown, report: Report): void {
  for (const key of ['tags', 'secrets', 'environments', 'locations', 'depends_on']) {
    const known = new Set<unknown>();
    listOf(field(file, key)).forEach((value, index) => {
      if (typeof value === 'string' && known.has(value))
        report([key, index], `"${value}" stands in ${key} a second time`);
      known.add(value);
    });
  }
  listOf(field(file, 'depends_on')).forEach((id, index) => {
    if (typeof id === 'string' && id === field(file, 'id'))
      report(['depends_on', index], 'a scenario cannot depend on itself', 'name the scenarios that it needs');
  });
}

function isTimezone(name: string): boolean {
  try {
    // Offsets such as +09:00 are accepted here too; they are no IANA names and know no clock changes.
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
