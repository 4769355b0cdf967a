import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  inOrder,
  type Path,
  readDocument,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { type ParsedOnCall, parseOnCall } from '../on-call/parse.ts';
import { silenceProblems } from '../silences/check.ts';
import { interpret, type LineOf, MATCHER, toMatchers } from './interpret.ts';
import type { PolicyTests } from './policy-test.ts';
import {
  type PolicyTestFile,
  PolicyTestSchema,
  type WrittenCase,
  type WrittenExpect,
  type WrittenGiven,
} from './schema.ts';
import { readNumbers } from './series-values.ts';

/** What a test may name. */
export interface KnownNames {
  /** Ids of policies. */
  policies: readonly string[];
  /** Channels of the config. */
  channels: readonly string[];
  /** Keys of users; null where the file brings its own or they are not known. */
  users: readonly string[] | null;
}

/** Keys of `given`, of which an entry has one. */
const GIVEN_KINDS = [
  'run',
  'alert',
  'acknowledge',
  'resolve',
  'escalate',
  'silence',
  'maintenance',
  'channel',
  'database',
  'restart',
  'clock',
  'heartbeat',
  'certificate',
  'backend',
  'signals',
] as const;
const SERIES_KINDS = ['metric', 'logs', 'requests'] as const;
const EXPECT_KINDS = ['notified', 'nothing_else', 'incident'] as const;
/** Longer cases are slips such as 3600h for 3600s. */
const MOST_REPEATS = 100_000;
const LONGEST_CASE_MS = 366 * 86_400_000;

/**
 * Reads a `*.policy.test.yaml`.
 * @returns the tests, or everything that is wrong with the file, in its order
 */
export function parsePolicyTests(
  text: string,
  file: string,
  known: KnownNames,
): { tests: PolicyTests; diagnostics: [] } | { tests: null; diagnostics: Diagnostic[] } {
  const doc = readDocument(text, file);
  const shape = doc.diagnostics.length > 0 ? [...doc.diagnostics] : checkDocument(doc, PolicyTestSchema);
  const diagnostics = shape.length > 0 ? shape : checkMeaning(doc, doc.value as PolicyTestFile, known);
  if (diagnostics.length > 0) return { tests: null, diagnostics: inOrder(diagnostics) };
  const written = doc.value as PolicyTestFile;
  const onCall = readOnCallOf(doc, written, known);
  if (onCall && onCall.diagnostics.length > 0) return { tests: null, diagnostics: inOrder(onCall.diagnostics) };
  const line: LineOf = (path) => doc.locate(path).line;
  return { tests: interpret(file, written, onCall?.onCall ?? null, line), diagnostics: [] };
}

function readOnCallOf(doc: SourceDocument, written: PolicyTestFile, known: KnownNames): ParsedOnCall | null {
  if (written.on_call === undefined) return null;
  const channels = written.channels ?? known.channels;
  return parseOnCall(doc, written.on_call, { path: ['on_call'], channels, at: Date.parse('2026-01-01T00:00:00Z') });
}

function checkMeaning(doc: SourceDocument, file: PolicyTestFile, known: KnownNames): Diagnostic[] {
  const found: Diagnostic[] = [];
  const at = (path: Path, message: string, hint?: string) => found.push(diagnosticAt(doc, path, message, hint));
  const policies = typeof file.policy === 'string' ? [file.policy] : file.policy;
  policies.forEach((id, index) => {
    if (known.policies.includes(id)) return;
    at(
      typeof file.policy === 'string' ? ['policy'] : ['policy', index],
      `no policy has the id "${id}"`,
      suggestion(id, known.policies),
    );
  });
  const names = new Set<string>();
  file.cases.forEach((written, index) => {
    const here = ['cases', index];
    if (names.has(written.name)) at([...here, 'name'], `a second case is called "${written.name}"`);
    names.add(written.name);
    if ((written.given ?? []).length === 0 && (written.series ?? []).length === 0)
      at(here, 'nothing is given, so nothing can fail', 'add given: or series:');
    if (written.start !== undefined && Number.isNaN(Date.parse(written.start)))
      at([...here, 'start'], 'there is no such day or time');
    checkGiven(written, here, file, known, at);
    checkSeries(written, here, at);
    checkExpect(written, here, file, known, at);
  });
  return found;
}

type Report = (path: Path, message: string, hint?: string) => void;

function checkGiven(written: WrittenCase, here: Path, file: PolicyTestFile, known: KnownNames, at: Report): void {
  (written.given ?? []).forEach((given, index) => {
    const path = [...here, 'given', index];
    checkTime(given.at, [...path, 'at'], at);
    const kind = exactlyOne(given, GIVEN_KINDS, path, at);
    if (kind !== 'run' && given.every !== undefined) at([...path, 'every'], 'only a run repeats');
    if (given.every !== undefined && given.until === undefined)
      at([...path, 'every'], 'it never ends', 'say until when: until: 10m');
    if (given.until !== undefined && given.every === undefined) at([...path, 'until'], '"until" belongs to "every"');
    if (given.every !== undefined && parseDuration(given.every)! < 1_000)
      at([...path, 'every'], 'a run repeats at most once a second');
    else if (given.every !== undefined && given.until !== undefined) {
      const times = (parseDuration(given.until)! - parseDuration(given.at)!) / parseDuration(given.every)!;
      if (times > MOST_REPEATS)
        at([...path, 'every'], `these are ${Math.round(times)} runs; at most ${MOST_REPEATS} are played`);
    }
    if (given.until !== undefined) {
      checkTime(given.until, [...path, 'until'], at);
      if (parseDuration(given.until)! < parseDuration(given.at)!) at([...path, 'until'], 'it ends before it begins');
    }
    checkRun(given, path, at);
    const channels = file.channels ?? known.channels;
    if (given.channel && !channels.includes(given.channel.name))
      at(
        [...path, 'channel', 'name'],
        `unknown channel "${given.channel.name}"`,
        suggestion(given.channel.name, channels),
      );
    checkHold(given, path, at);
  });
}

function checkRun({ run }: WrittenGiven, path: Path, at: Report): void {
  if (!run) return;
  const failed = run.status === 'failed' || run.status === 'error';
  if (run.failure && !failed)
    at([...path, 'run', 'failure'], `a run that ${run.status === 'passed' ? 'passed' : 'was skipped'} has no failure`);
  if (run.degraded && run.status !== 'passed')
    at([...path, 'run', 'degraded'], 'only a run that passed can be degraded');
}

function checkHold(given: WrittenGiven, path: Path, at: Report): void {
  for (const key of ['silence', 'maintenance'] as const) {
    const hold = given[key];
    if (!hold) continue;
    const unread = Array.isArray(hold.matchers) ? hold.matchers.findIndex((text) => !MATCHER.test(text)) : -1;
    if (unread >= 0) {
      const hint = 'write label=value, label!=value, label=~pattern or label!~pattern';
      at([...path, key, 'matchers', unread], `"${(hold.matchers as string[])[unread]}" is no matcher`, hint);
      continue;
    }
    const starts_at = new Date(0).toISOString();
    const ends_at = new Date(parseDuration(hold.for)!).toISOString();
    // What the desk would refuse, whether it is written here or sent to it.
    const silence = { matchers: toMatchers(hold.matchers), starts_at, ends_at, reason: '' };
    for (const problem of silenceProblems(silence)) {
      const inside = problem.path[0] === 'matchers' ? ['matchers', ...problem.path.slice(1, 2)] : ['for'];
      at([...path, key, ...inside], problem.message, problem.hint);
    }
  }
}

function checkSeries(written: WrittenCase, here: Path, at: Report): void {
  (written.series ?? []).forEach((series, index) => {
    const path = [...here, 'series', index];
    const kind = exactlyOne(series, SERIES_KINDS, path, at);
    if (series.at !== undefined) checkTime(series.at, [...path, 'at'], at);
    if (series.every !== undefined && parseDuration(series.every)! < 1_000)
      at([...path, 'every'], 'an entry holds for a second at least');
    if (series.values === undefined && series.per_minute === undefined)
      at(path, 'it has no numbers', 'add values: or per_minute:');
    if (kind === 'logs' && series.values !== undefined)
      at([...path, 'values'], 'logs are counted', 'write per_minute:');
    for (const key of ['values', 'per_minute'] as const) {
      const numbers = series[key];
      if (numbers === undefined) continue;
      const read = readNumbers(numbers);
      if ('message' in read) at(Array.isArray(numbers) ? [...path, key, read.index] : [...path, key], read.message);
      else if (key === 'per_minute' && (read.unit !== null || read.values.some((value) => value !== null && value < 0)))
        at([...path, key], 'how many come a minute is a number, 0 or more');
    }
  });
}

function checkExpect(written: WrittenCase, here: Path, file: PolicyTestFile, known: KnownNames, at: Report): void {
  const channels = file.channels ?? known.channels;
  const users = file.on_call === undefined ? known.users : userNames(file.on_call);
  written.expect.forEach((expected, index) => {
    const path = [...here, 'expect', index];
    const kind = exactlyOne(expected, EXPECT_KINDS, path, at);
    if (!kind) return;
    checkSpan(expected, kind, path, at);
    if (kind !== 'notified' && expected.times !== undefined) at([...path, 'times'], '"times" belongs to "notified"');
    if (kind === 'incident' && expected.event !== undefined) at([...path, 'event'], '"event" belongs to "notified"');
    const names = [...channels, ...(users ?? [])];
    for (const [position, name] of (expected.notified ?? []).entries()) {
      if (names.includes(name)) continue;
      const what = users === null ? 'channel' : 'channel or user';
      at([...path, 'notified', position], `unknown ${what} "${name}"`, suggestion(name, names));
    }
    if (new Set(expected.notified).size < (expected.notified ?? []).length)
      at([...path, 'notified'], 'a name stands here twice', 'how often each is told: times: 2');
    if (expected.incident && Object.keys(expected.incident).join() === 'held' && expected.incident.held === false)
      at([...path, 'incident'], 'it does not say which incident', 'add state: or monitor:');
  });
}

function checkSpan(expected: WrittenExpect, kind: (typeof EXPECT_KINDS)[number], path: Path, at: Report): void {
  const times = { at: expected.at, within: expected.within, until: expected.until };
  for (const [key, time] of Object.entries(times)) if (time !== undefined) checkTime(time, [...path, key], at);
  if (kind === 'nothing_else') {
    if (expected.until === undefined) at(path, 'it does not say until when', 'add until: 30m');
    for (const key of ['at', 'between', 'within'] as const)
      if (expected[key] !== undefined) at([...path, key], `"nothing_else" has "until", not "${key}"`);
    return;
  }
  if (expected.until !== undefined) at([...path, 'until'], '"until" belongs to "nothing_else"');
  if ((expected.at === undefined) === (expected.between === undefined))
    at(
      path,
      expected.at === undefined ? 'it does not say when' : '"at" and "between" exclude each other',
      'add at: or between:',
    );
  if (kind === 'incident' && expected.at === undefined && expected.between !== undefined)
    at([...path, 'between'], 'an incident is looked at once', 'say when: at: 5m');
  if (expected.within !== undefined && (expected.between !== undefined || kind === 'incident'))
    at([...path, 'within'], '"within" belongs to "at" and "notified"');
  if (!expected.between) return;
  const [from, to] = expected.between.map((time) => parseDuration(time)!) as [number, number];
  expected.between.forEach((time, index) => {
    checkTime(time, [...path, 'between', index], at);
  });
  if (to < from) at([...path, 'between'], 'it ends before it begins');
}

function checkTime(written: string, path: Path, at: Report): void {
  if (parseDuration(written)! > LONGEST_CASE_MS) at(path, 'a case lasts a year at most');
}

/** The key of the entry that says what it is; undefined, and a diagnostic, where none or several do. */
function exactlyOne<Kind extends string>(
  entry: object,
  kinds: readonly Kind[],
  path: Path,
  at: Report,
): Kind | undefined {
  const present = kinds.filter((kind) => Object.hasOwn(entry, kind));
  if (present.length === 1) return present[0];
  if (present.length === 0) at(path, 'it says nothing', `add one of ${kinds.join(', ')}`);
  else at([...path, present[1]!], `"${present[0]}" and "${present[1]}" are two entries`, 'write each as its own');
  return undefined;
}

/** Keys of `users:` as written; whether they are well formed is judged elsewhere. */
function userNames(onCall: unknown): string[] | null {
  const users = typeof onCall === 'object' && onCall !== null && (onCall as { users?: unknown }).users;
  return typeof users === 'object' && users !== null ? Object.keys(users) : null;
}
