import { editDocument, type Path, readDocument } from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { parsePolicy } from '../policies/parse.ts';
import type { Policy } from '../policies/policy.ts';
import type { PolicyTests } from './policy-test.ts';
import { runCase, type TestSubject } from './run-tests.ts';
import { shortDuration } from './words.ts';

/** A policy that differs in one thing from the one in the file. */
export interface Mutant {
  policy: string;
  file: string;
  line: number;
  column: number;
  /** `escalation[1].after: 5m → 10m`. */
  change: string;
  mutated: Policy;
}

export interface PolicyText {
  file: string;
  text: string;
  policy: Policy;
}

type Written = { path: Path; value: unknown };
/** Values to put in the place of one; undefined takes it away. */
type Mutation = (written: Written, root: unknown) => readonly unknown[];

const NEIGHBOUR: Readonly<Record<string, string>> = { P1: 'P2', P2: 'P1', P3: 'P2', P4: 'P3' };
const OPPOSITE: Readonly<Record<string, string>> = { gt: 'lt', gte: 'lte', lt: 'gt', lte: 'gte' };
/** A value that no label, tag or id has. */
const NOBODY = 'mutated';

const longerAndShorter = (text: string): string[] => {
  const ms = parseDuration(text);
  if (ms === undefined) return [];
  return ms === 0 ? ['1m'] : [shortDuration(ms * 2), shortDuration(ms / 2)];
};

const moreAndLess = (value: unknown): unknown[] => {
  if (typeof value === 'number') return value === 0 ? [1] : [value * 2, value / 2];
  if (typeof value !== 'string') return [];
  const [, number, unit] = /^(-?\d+(?:\.\d+)?)(\D.*)?$/.exec(value) ?? [];
  if (number === undefined) return [];
  return Number(number) === 0
    ? [`1${unit ?? ''}`]
    : [2, 0.5].map((factor) => `${Number(number) * factor}${unit ?? ''}`);
};

/** What is changed, by the key of the value. */
const BY_KEY: Readonly<Record<string, Mutation>> = {
  consecutive: ({ value }) => neighbours(value),
  attempts: ({ value }) => neighbours(value),
  locations: ({ value }) => neighbours(value),
  after_passing: ({ value }) => neighbours(value),
  times: ({ value }) => neighbours(value),
  at_least: ({ value }) => moreAndLess(value),
  factor: ({ value }) => moreAndLess(value),
  objective: () => ['50%'],
  after: ({ value }) => longerAndShorter(String(value)),
  for: ({ value }) => longerAndShorter(String(value)),
  keep_firing_for: ({ value }) => longerAndShorter(String(value)),
  grace: ({ value }) => longerAndShorter(String(value)),
  every: ({ value }) => longerAndShorter(String(value)),
  window: ({ value }) => longerAndShorter(String(value)),
  long: ({ value }) => longerAndShorter(String(value)),
  compared_to: ({ value }) => longerAndShorter(String(value)),
  priority: ({ value }) => [NEIGHBOUR[String(value)]].filter((one) => one !== undefined),
  no_data: ({ value }) => (value === 'alert' ? ['keep'] : ['alert']),
  from: ({ value }) => hourEarlier(value),
  to: ({ value }) => hourEarlier(value),
};

/** What is changed where a list or mapping of this name holds it. */
const BY_HOLDER: Readonly<Record<string, Mutation>> = {
  is: ({ value }) => moreAndLess(value),
  expires_in: ({ value }) => moreAndLess(value),
  lag: ({ value }) => moreAndLess(value),
  lost: ({ value }) => moreAndLess(value),
  tags: () => [NOBODY],
  ids: () => [NOBODY],
  services: () => [NOBODY],
  environments: () => [NOBODY],
  match: () => [NOBODY],
  when: () => [NOBODY],
  hold: () => [NOBODY],
};

/** Lists of which an entry is left out, unless it is the only one. */
const SHORTENED = new Set(['rules', 'escalation', 'notify', 'group_by']);
/** Keys that may be left out altogether, or whose entries may. */
const REMOVED = new Set([
  'routes',
  'inhibit',
  'quiet_hours',
  'renotify',
  'escalation_loop',
  'repeat',
  'keep_firing_for',
]);

/** Every policy that differs in one thing from this one and is still valid: its tests should notice each. */
export function* mutantsOf(source: PolicyText, channels: readonly string[]): Generator<Mutant> {
  const doc = readDocument(source.text, source.file);
  const told = new Set<string>();
  for (const { path, value, put } of changes(doc.value, channels)) {
    const edited = editDocument(source.text, [{ path, value: put }]);
    if (!('text' in edited) || told.has(edited.text)) continue;
    told.add(edited.text);
    const { policy } = parsePolicy(edited.text, source.file, {});
    // What is no policy any more, such as steps out of their order, cannot be deployed either.
    if (!policy) continue;
    const { line, column } = doc.locate(path);
    const change = `${pathText(path)}: ${put === undefined ? `${show(value)} left out` : `${show(value)} → ${show(put)}`}`;
    yield { policy: source.policy.id, file: source.file, line, column, change, mutated: policy };
  }
}

/** Whether a case of these tests fails with the mutant, as it should. */
export async function isNoticed(mutant: Mutant, tests: readonly PolicyTests[], subject: TestSubject): Promise<boolean> {
  const policies = subject.policies.map((policy) => (policy.id === mutant.policy ? mutant.mutated : policy));
  for (const file of tests) {
    if (!file.policies.includes(mutant.policy)) continue;
    for (const test of file.cases) {
      const { differences } = await runCase(file, test, { ...subject, policies });
      if (differences.length > 0) return true;
    }
  }
  return false;
}

function* changes(root: unknown, channels: readonly string[]): Generator<Written & { put: unknown }> {
  for (const written of walk(root, [])) {
    const { path, value } = written;
    const key = path.at(-1);
    const holder = path.findLast((segment, index) => typeof segment === 'string' && index < path.length - 1);
    const within = path.at(-2);
    const list = typeof within === 'string' ? valueIn(root, path.slice(0, -1)) : undefined;
    if (typeof key === 'number' && SHORTENED.has(String(within)) && Array.isArray(list) && list.length > 1) {
      yield { ...written, put: undefined };
    }
    if (REMOVED.has(String(key)) || (typeof key === 'number' && REMOVED.has(String(within)))) {
      yield { ...written, put: undefined };
    }
    if (within === 'quiet_hours') yield { ...written, put: undefined };
    if (within === 'notify' && typeof value === 'string' && Array.isArray(list) && list.length === 1) {
      const other = channels.find((name) => name !== value);
      if (other !== undefined) yield { ...written, put: other };
    }
    if (typeof key === 'string' && OPPOSITE[key] !== undefined) {
      const whole = valueIn(root, path.slice(0, -1)) as Record<string, unknown>;
      yield { path: path.slice(0, -1), value: whole, put: { [OPPOSITE[key]!]: value } };
    }
    if (typeof value === 'object' && value !== null) continue;
    const mutation = (typeof key === 'string' ? BY_KEY[key] : undefined) ?? BY_HOLDER[String(holder)];
    for (const put of mutation?.(written, root) ?? []) yield { ...written, put };
  }
}

function* walk(value: unknown, path: Path): Generator<Written> {
  if (path.length > 0) yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) {
    yield* walk(one, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function valueIn(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[String(key)], root);
}

function neighbours(value: unknown): number[] {
  return typeof value === 'number' ? [value + 1, ...(value > 1 ? [value - 1] : [])] : [];
}

/** Of a time of day. */
function hourEarlier(value: unknown): string[] {
  const [, hour, rest] = /^(\d{2})(:\d{2})$/.exec(String(value)) ?? [];
  return hour === undefined ? [] : [`${String((Number(hour) + 23) % 24).padStart(2, '0')}${rest}`];
}

function pathText(path: Path): string {
  return path
    .map((segment, index) => (typeof segment === 'number' ? `[${segment}]` : `${index > 0 ? '.' : ''}${segment}`))
    .join('');
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
