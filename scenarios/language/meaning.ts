import { validate as isCron } from 'node-cron';
import {
  type Diagnostic,
  diagnosticAt,
  diagnosticWithin,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { parseDuration, parsePercent } from '../../core/units.ts';
import type { SpecProblem } from '../engine/assertions/assertion.ts';
import { compileJsonQuery } from '../engine/assertions/json-query.ts';
import { compileRegex } from '../engine/assertions/regex.ts';
import { assertionKind } from '../engine/assertions/registry.ts';
import type { Files } from '../engine/files.ts';
import { protocols, protocolsNamedIn } from '../engine/protocols/registry.ts';
import { entriesOf, field, isMapping, listOf } from './written.ts';

type Report = (path: Path, message: string, hint?: string, part?: 'key' | 'value') => void;

const SHORTEST_INTERVAL_MS = 1_000;
/** A run keeps its place among those that may run at the same time. */
const LONGEST_WAIT_MS = 3_600_000;
const SOURCES = ['jsonpath', 'header', 'status', 'body', 'regex'];

/** What a schema cannot see. Works on files that the schema has already complained about, so that all errors come at once. */
export function checkMeaning(doc: SourceDocument, files: Files): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (path, message, hint, part) => {
    diagnostics.push(diagnosticAt(doc, path, message, hint, part));
  };
  checkSchedule(field(doc.value, 'schedule'), report);
  checkDates(doc.value, report);
  checkUnique(doc.value, report);
  checkReserved(doc.value, report);
  for (const section of ['steps', 'always']) {
    listOf(field(doc.value, section)).forEach((step, index) => {
      const path = [section, index];
      checkKind(step, path, files, doc, diagnostics);
      for (const key of ['expect', 'warn']) checkAssertions(field(step, key), [...path, key], files, doc, diagnostics);
      for (const [name, source] of entriesOf(field(step, 'capture')))
        checkCapture(source, [...path, 'capture', name], report, doc, diagnostics);
    });
  }
  return diagnostics;
}

function checkSchedule(schedule: unknown, report: Report): void {
  if (!isMapping(schedule)) return;
  const { every, cron, timezone, while_failing: whileFailing } = schedule;
  if (every === undefined && cron === undefined)
    report(['schedule'], 'schedule needs "every" or "cron"', 'for example: { every: 30s }', 'key');
  if (every !== undefined && cron !== undefined)
    report(['schedule', 'cron'], 'schedule has both "every" and "cron"', 'keep one of the two', 'key');
  if (typeof cron === 'string' && !isCron(cron)) {
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
    const ms = typeof length === 'string' ? parseDuration(length) : undefined;
    if (ms !== undefined && ms < SHORTEST_INTERVAL_MS) report(['schedule', key], `${key} must be at least 1s`);
  }
}

function checkDates(file: unknown, report: Report): void {
  for (const path of [
    ['timeout'],
    ...listOf(field(file, 'steps')).map((_, index) => ['steps', index, 'timeout']),
    ...listOf(field(file, 'always')).map((_, index) => ['always', index, 'timeout']),
  ] as Path[]) {
    const written = path.reduce<unknown>(
      (value, key) => (Array.isArray(value) ? value[Number(key)] : field(value, String(key))),
      file,
    );
    const ms = typeof written === 'string' ? parseDuration(written) : undefined;
    if (ms === 0) report(path, 'timeout must be longer than nothing');
    if (ms !== undefined && ms > LONGEST_WAIT_MS) report(path, 'timeout must be at most 1h');
  }
  const delay = field(field(file, 'retry'), 'delay');
  if (typeof delay === 'string' && (parseDuration(delay) ?? 0) > LONGEST_WAIT_MS)
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

function checkUnique(file: unknown, report: Report): void {
  const seen = new Set<unknown>();
  for (const section of ['steps', 'always']) {
    listOf(field(file, section)).forEach((step, index) => {
      const name = field(step, 'name');
      if (typeof name !== 'string') return;
      if (seen.has(name))
        report(
          [section, index, 'name'],
          `a second step is called "${name}"`,
          'names tell steps apart in pages and reports',
        );
      seen.add(name);
    });
  }
  for (const key of ['tags', 'secrets']) {
    const known = new Set<unknown>();
    listOf(field(file, key)).forEach((value, index) => {
      if (typeof value === 'string' && known.has(value))
        report([key, index], `"${value}" stands in ${key} a second time`);
      known.add(value);
    });
  }
}

function checkReserved(file: unknown, report: Report): void {
  const made: Path[] = entriesOf(field(file, 'variables')).map(([name]) => ['variables', name]);
  for (const section of ['steps', 'always']) {
    listOf(field(file, section)).forEach((step, index) => {
      for (const [name] of entriesOf(field(step, 'capture'))) made.push([section, index, 'capture', name]);
    });
  }
  for (const path of made) {
    if (path.at(-1) === 'secrets')
      report(path, '"secrets" is the name of the declared secrets', 'choose another name', 'key');
  }
}

/** A step is of one kind, and its keys belong to that kind. */
function checkKind(step: unknown, path: Path, files: Files, doc: SourceDocument, diagnostics: Diagnostic[]): void {
  if (!isMapping(step)) return;
  const [kind, another] = protocolsNamedIn(step);
  if (!kind) {
    const others = protocols.map(({ key }) => key).filter((key) => key !== 'request');
    const hint = ['for example: request: GET /v1/posts', ...(others.length > 0 ? [`or ${others.join(', ')}`] : [])];
    diagnostics.push(diagnosticAt(doc, path, 'the step does not say what to do', hint.join(', '), 'key'));
    return;
  }
  if (another) {
    const message = `a step does one thing: "${kind.key}" and "${another.key}" exclude each other`;
    diagnostics.push(diagnosticAt(doc, [...path, another.key], message, undefined, 'key'));
    return;
  }
  for (const other of protocols) {
    for (const key of Object.keys(other.keys)) {
      if (!Object.hasOwn(step, key) || Object.hasOwn(kind.keys, key)) continue;
      const message = `"${key}" means nothing beside "${kind.key}"`;
      diagnostics.push(diagnosticAt(doc, [...path, key], message, `it belongs to "${other.key}"`, 'key'));
    }
  }
  for (const problem of kind.check(step, files)) diagnostics.push(diagnosticOf(doc, problem, path));
}

function diagnosticOf(doc: SourceDocument, { path, part, message, hint, span }: SpecProblem, under: Path): Diagnostic {
  const at = [...under, ...path];
  return span ? diagnosticWithin(doc, at, span, message, hint, part) : diagnosticAt(doc, at, message, hint, part);
}

function checkAssertions(
  written: unknown,
  path: Path,
  files: Files,
  doc: SourceDocument,
  diagnostics: Diagnostic[],
): void {
  for (const [key, spec] of entriesOf(written)) {
    const kind = assertionKind(key);
    if (!kind || ((kind.spec as { type?: string }).type === 'object' && !isMapping(spec))) continue;
    for (const problem of kind.check(spec, files)) {
      diagnostics.push(diagnosticOf(doc, problem, [...path, key]));
    }
  }
}

function checkCapture(
  source: unknown,
  path: Path,
  report: Report,
  doc: SourceDocument,
  diagnostics: Diagnostic[],
): void {
  const query = typeof source === 'string' ? source : field(source, 'jsonpath');
  const queryAt = typeof source === 'string' ? path : [...path, 'jsonpath'];
  if (typeof query === 'string' && query !== '') {
    const made = compileJsonQuery(query);
    if ('error' in made) {
      const hint = query.startsWith('$') ? undefined : 'a JSONPath begins with $, for example: $.id';
      diagnostics.push(
        diagnosticWithin(doc, queryAt, { offset: made.offset, length: 1 }, `not a JSONPath: ${made.error}`, hint),
      );
    }
  }
  const regex = field(source, 'regex');
  const made = typeof regex === 'string' ? compileRegex(regex) : undefined;
  if (made && 'error' in made) {
    report(
      [...path, 'regex'],
      `not a regular expression: ${made.error}`,
      'RE2 syntax, which matches in linear time: no look-around, no back-references',
    );
  }
  if (!isMapping(source)) return;
  const chosen = SOURCES.filter((key) => Object.hasOwn(source, key));
  if (chosen.length !== 1) {
    report(
      path,
      `a capture takes one of ${SOURCES.join(', ')}, found ${chosen.length === 0 ? 'none' : chosen.join(' and ')}`,
      undefined,
      'key',
    );
  }
}

function isTimezone(name: string): boolean {
  try {
    // Offsets such as +09:00 are accepted here too; they are no IANA names and know no clock changes.
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
