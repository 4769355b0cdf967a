import type { Instant } from '../../core/clock.ts';
import {
  type Diagnostic,
  diagnosticAt,
  inOrder,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { isTimeZone } from '../../core/time-zone.ts';
import { gapNote } from './gaps.ts';
import { readLocalTime, readMoment } from './moment.ts';
import type { OnCall } from './on-call.ts';
import { listed, readOnCall, readTurnLength, rotationName } from './read.ts';
import type { OnCallFile, WrittenOverride, WrittenRotation, WrittenSchedule, WrittenUser } from './schema.ts';
import { wrongHours } from './week-windows.ts';

const LONGEST_TURN = { hours: 366 * 24, months: 12 };
const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;

export interface OnCallSurroundings {
  /** Where `on_call` stands in the document. */
  path: Path;
  /** Names of the configured channels. */
  channels: readonly string[];
  /** Gaps are looked for in the four weeks after. */
  at: Instant;
  /** Texts that cannot be judged yet, such as variables without a value. */
  open?(text: string): boolean;
}

export interface ParsedOnCall {
  /** Null where something is wrong, or not known yet. */
  onCall: OnCall | null;
  diagnostics: Diagnostic[];
  /** Right, but perhaps not what is wanted: hours in which nobody is on call, users who hear nothing of some priorities. */
  notes: Diagnostic[];
}

/**
 * Reads `on_call:` of a config.
 * @param value what stands at `path`, variables replaced; it has the shape of OnCallSchema
 */
export function parseOnCall(doc: SourceDocument, value: unknown, around: OnCallSurroundings): ParsedOnCall {
  const file = value as OnCallFile;
  const check = new Check(doc, file, around);
  for (const [key, user] of Object.entries(file.users ?? {})) check.user(key, user);
  for (const [key, schedule] of Object.entries(file.schedules ?? {})) check.schedule(key, schedule);
  if (check.diagnostics.length > 0) return { onCall: null, diagnostics: inOrder(check.diagnostics), notes: [] };
  if (check.unknown) return { onCall: null, diagnostics: [], notes: inOrder(check.notes) };
  const onCall = readOnCall(file);
  for (const schedule of onCall.schedules.values()) {
    const note = gapNote(schedule, around.at);
    if (note) check.notes.push(diagnosticAt(doc, [...around.path, 'schedules', schedule.key], note, undefined, 'key'));
  }
  return { onCall, diagnostics: [], notes: inOrder(check.notes) };
}

/** What targets of escalation steps may be called besides channels. */
export function onCallTargets(onCall: OnCall): string[] {
  return [
    ...[...onCall.schedules.keys()].map((key) => `on-call:${key}`),
    ...[...onCall.users.keys()].map((key) => `user:${key}`),
  ];
}

class Check {
  readonly diagnostics: Diagnostic[] = [];
  readonly notes: Diagnostic[] = [];
  /** Something cannot be judged yet. */
  unknown = false;
  readonly #doc: SourceDocument;
  readonly #file: OnCallFile;
  readonly #around: OnCallSurroundings;
  readonly #unreachable = new Set<string>();

  constructor(doc: SourceDocument, file: OnCallFile, around: OnCallSurroundings) {
    this.#doc = doc;
    this.#file = file;
    this.#around = around;
  }

  user(key: string, user: WrittenUser): void {
    const here = ['users', key];
    if (user.timezone !== undefined) this.#zone([...here, 'timezone'], user.timezone);
    const rules = (['notify', 'otherwise'] as const).flatMap((list) =>
      (user[list] ?? []).map((rule, index) => ({ rule, path: [...here, list, index, 'channel'] })),
    );
    for (const { rule, path } of rules) this.#channel(path, rule.channel);
    const deaf = PRIORITIES.filter((wanted) => !rules.some(({ rule }) => rule.priorities?.includes(wanted) ?? true));
    if (deaf.length === 0 || deaf.length === PRIORITIES.length) return;
    this.#note(here, `${key} is not told of ${deaf.join(', ')}`, '`otherwise` takes quieter channels for them');
  }

  schedule(key: string, schedule: WrittenSchedule): void {
    const here = ['schedules', key];
    const zone = this.#zone([...here, 'timezone'], schedule.timezone);
    const names = new Set<string>();
    for (const [index, rotation] of schedule.rotations.entries()) {
      const path = [...here, 'rotations', index];
      this.#rotation(path, rotation);
      const name = rotationName(rotation, index);
      if (names.has(name)) this.#wrong([...path, 'name'], `the name "${name}" is used twice in ${key}`);
      names.add(name);
    }
    if (zone) this.#overrides([...here, 'overrides'], schedule.overrides ?? [], schedule.timezone);
  }

  #rotation(path: Path, rotation: WrittenRotation): void {
    for (const [index, turn] of rotation.users.entries()) {
      if (typeof turn === 'string') this.#member([...path, 'users', index], turn);
      else for (const [position, key] of turn.entries()) this.#member([...path, 'users', index, position], key);
    }
    const { unit, count } = readTurnLength(rotation.every);
    if (count > LONGEST_TURN[unit]) this.#wrong([...path, 'every'], 'a turn is a year at most');
    const [start, since, until] = (['start', 'since', 'until'] as const).map((key) => {
      const text = rotation[key];
      const local = text === undefined || this.#isOpen(text) ? undefined : readLocalTime(text);
      if (text !== undefined && local === undefined && !this.#isOpen(text))
        this.#wrong([...path, key], `there is no ${text.replace('T', ' ')}`);
      return local;
    });
    const begins = Math.max(start ?? Number.NEGATIVE_INFINITY, since ?? Number.NEGATIVE_INFINITY);
    if (until !== undefined && until <= begins) this.#wrong([...path, 'until'], 'it must end after it begins');
    for (const [index, hours] of listed(rotation.hours).entries()) {
      const wrong = wrongHours(hours);
      const entry = Array.isArray(rotation.hours) ? [...path, 'hours', index] : [...path, 'hours'];
      if (wrong) this.#wrong([...entry, wrong.key], wrong.message);
    }
  }

  #overrides(path: Path, overrides: readonly WrittenOverride[], timezone: string): void {
    const earlier: { from: Instant; until: Instant; index: number }[] = [];
    for (const [index, { user, users, from, to }] of overrides.entries()) {
      const here = [...path, index];
      if ((user === undefined) === (users === undefined))
        this.#wrong(here, user === undefined ? 'an override names its user' : 'user and users exclude each other');
      if (user !== undefined) this.#member([...here, 'user'], user);
      for (const [position, key] of (users ?? []).entries()) this.#member([...here, 'users', position], key);
      const [begins, ends] = [
        this.#moment([...here, 'from'], from, timezone),
        this.#moment([...here, 'to'], to, timezone),
      ];
      if (begins === undefined || ends === undefined) continue;
      if (ends <= begins) {
        const never = 'it lasts no time: the clocks skip it';
        this.#wrong([...here, 'to'], ends < begins || from === to ? 'it must end after it begins' : never);
        continue;
      }
      const other = earlier.find((one) => one.from < ends && begins < one.until);
      if (other) {
        const { line } = this.#doc.locate([...this.#around.path, ...path, other.index]);
        this.#wrong([...here, 'from'], `it overlaps the override in line ${line}`, 'end one where the other begins');
      }
      earlier.push({ from: begins, until: ends, index });
    }
  }

  #moment(path: Path, text: string, timezone: string): Instant | undefined {
    if (this.#isOpen(text)) return undefined;
    const moment = readMoment(text, timezone);
    if (moment === undefined) this.#wrong(path, `there is no ${text.replace('T', ' ')}`);
    return moment;
  }

  /** Somebody who is on call: must exist, and be told somehow. */
  #member(path: Path, key: string): void {
    if (this.#isOpen(key)) return;
    const user = Object.hasOwn(this.#file.users ?? {}, key) ? this.#file.users![key]! : undefined;
    if (!user) {
      this.#wrong(path, `unknown user "${key}"`, suggestion(key, Object.keys(this.#file.users ?? {})));
      return;
    }
    if ((user.notify ?? []).length + (user.otherwise ?? []).length > 0 || this.#unreachable.has(key)) return;
    this.#unreachable.add(key);
    this.#wrong(path, `${key} is on call and could not be told`, `give users.${key} a list \`notify\``);
  }

  #channel(path: Path, name: string): void {
    if (this.#isOpen(name) || this.#around.channels.includes(name)) return;
    this.#wrong(path, `unknown channel "${name}"`, suggestion(name, this.#around.channels));
  }

  #zone(path: Path, name: string): boolean {
    if (this.#isOpen(name)) return false;
    if (isTimeZone(name)) return true;
    this.#wrong(
      path,
      `unknown time zone "${name}"`,
      suggestion(name, Intl.supportedValuesOf('timeZone')) ?? 'for example: Asia/Seoul',
    );
    return false;
  }

  #isOpen(text: string): boolean {
    const open = this.#around.open?.(text) ?? false;
    if (open) this.unknown = true;
    return open;
  }

  #wrong(path: Path, message: string, hint?: string): void {
    this.diagnostics.push(diagnosticAt(this.#doc, [...this.#around.path, ...path], message, hint));
  }

  #note(path: Path, message: string, hint?: string): void {
    this.notes.push(diagnosticAt(this.#doc, [...this.#around.path, ...path], message, hint, 'key'));
  }
}
