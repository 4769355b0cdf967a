import { parseDuration } from '../../core/units.ts';
import type { Capture, Expectation } from '../language/model.ts';
import type { Template } from '../language/template.ts';
import { type Code, call, flat, prefixed, quoted } from './code.ts';
import { conditionCode, conditionWords, patternCode } from './condition-code.ts';
import { valueCode, written } from './expression.ts';
import { jsonPathCode } from './json-path-code.ts';
import { Refused } from './refusal.ts';
import { constantOf, entriesOf, entryOf, itemsOf } from './template-parts.ts';

/** A check: what it says, and code that is true when it holds. The answer is the variable `answer`. */
export type Check = readonly [name: string, code: Code];

const BODY = 'json(answer)';
/** Go takes them out of the headers before k6 sees them. */
const UNSEEN = ['transfer-encoding', 'trailer', 'connection'];

/** Parts of a cookie as k6 calls them. */
const COOKIE_PARTS: Record<string, string> = { value: 'value', secure: 'secure', http_only: 'http_only' };

const ASSERTIONS: Record<string, (spec: Template) => Check[]> = {
  status(spec) {
    const accepted = entryOf(spec, 'accepted');
    if (!accepted) {
      const condition = entryOf(spec, 'condition')!;
      return [[`status ${conditionWords(condition)}`, holds('answer.status', condition)]];
    }
    const codes = itemsOf(accepted);
    const name = `status is ${codes.map((code) => String(written(code))).join(' or ')}`;
    return [[name, call('statusIs', 'answer', ...codes.map(valueCode))]];
  },

  header: (spec) =>
    entriesOf(spec).map(([name, condition]) => {
      if (UNSEEN.includes(name.toLowerCase())) throw new Refused(`the header ${name}, which k6 does not show`);
      const value = call('header', 'answer', quoted(name));
      return [`header ${name.toLowerCase()} ${conditionWords(condition)}`, holds(value, condition, 'textHolds')];
    }),

  jsonpath: (spec) =>
    itemsOf(spec).map((item) => {
      const path = String(constantOf(entryOf(item, 'path')));
      const condition = entryOf(item, 'condition')!;
      const { code, singular } = jsonPathCode(path, BODY);
      const asked = !singular && entryOf(condition, 'exists') !== undefined;
      return [`${path} ${conditionWords(condition)}`, holds(asked ? call('orMissing', code) : code, condition)];
    }),

  body: (condition) => {
    const value = entryOf(condition, 'exists') ? 'bodyIfAny(answer)' : 'bodyOf(answer)';
    return [[`body ${conditionWords(condition)}`, holds(value, condition)]];
  },

  regex: (spec) =>
    itemsOf(spec).map((item) => {
      const pattern = constantOf(entryOf(item, 'pattern'));
      const condition = entryOf(item, 'condition')!;
      const value = call('firstMatch', 'bodyOf(answer)', patternCode(pattern));
      return [`/${String(pattern)}/ ${conditionWords(condition)}`, holds(value, condition, 'textHolds')];
    }),

  messages: (condition) => [[`messages ${conditionWords(condition)}`, holds('messagesOf(answer)', condition)]],

  bytes: (condition) => [[`size ${conditionWords(condition)} bytes`, holds('sizeOf(answer)', condition)]],

  sha256: (condition) => [
    [
      `SHA-256 ${conditionWords(condition)}`,
      call('holds', 'digestOf(answer)', call('inLowerCase', conditionCode(condition))),
    ],
  ],

  cookie: (spec) =>
    itemsOf(spec).map((item) => {
      const name = String(constantOf(entryOf(item, 'name')));
      const part = String(constantOf(entryOf(item, 'part')));
      if (!Object.hasOwn(COOKIE_PARTS, part)) throw new Refused(`${part} of a cookie, which k6 does not show`);
      const condition = entryOf(item, 'condition')!;
      const subject = part === 'value' ? `cookie ${name}` : `${part} of cookie ${name}`;
      const value = call('cookie', 'answer', quoted(name), quoted(COOKIE_PARTS[part]!));
      return [
        `${subject} ${conditionWords(condition)}`,
        holds(value, condition, part === 'value' ? 'textHolds' : 'holds'),
      ];
    }),

  duration: (spec) =>
    itemsOf(spec).map((item) => {
      const phase = String(constantOf(entryOf(item, 'phase')));
      const condition = inMilliseconds(entryOf(item, 'condition')!);
      const subject = phase === 'total' ? 'duration' : `duration of ${phase}`;
      return [`${subject} ${conditionWords(condition)} ms`, holds(tookCode(phase), condition)];
    }),
};

/** What a step expects, as checks. @throws Refused */
export function checksOf(expectations: readonly Expectation[]): Check[] {
  return expectations.flatMap(({ kind, spec }) => {
    const make = Object.hasOwn(ASSERTIONS, kind) ? ASSERTIONS[kind] : undefined;
    if (!make) throw new Refused(`${kind} under expect`, `it can judge ${Object.keys(ASSERTIONS).join(', ')}`);
    return make(spec);
  });
}

const CAPTURES: Record<string, (spec: unknown) => Code> = {
  jsonpath: (path) => jsonPathCode(String(path), BODY).code,
  header: (name) => call('header', 'answer', quoted(String(name))),
  status: () => 'answer.status',
  body: () => 'bodyOf(answer)',
  cookie: (name) => call('cookie', 'answer', quoted(String(name)), quoted('value')),
  bytes: () => 'sizeOf(answer)',
  sha256: () => 'digestOf(answer)',
  messages: () => 'messagesOf(answer)',
  duration: (phase) => tookCode(phase === true ? 'total' : String(phase)),
  regex: (pattern) => call('firstMatch', 'bodyOf(answer)', patternCode(pattern)),
};

/** Where a captured value comes from. @throws Refused */
export function captureCode({ from }: Capture): Code {
  const make = Object.hasOwn(CAPTURES, from.kind) ? CAPTURES[from.kind] : undefined;
  if (!make) throw new Refused(`${from.kind} under capture`, `it can take ${Object.keys(CAPTURES).join(', ')}`);
  return make(from.spec);
}

function holds(value: Code, condition: Template, judge: 'holds' | 'textHolds' = 'holds'): Code {
  return call(judge, flat(value), conditionCode(condition));
}

function tookCode(phase: string): Code {
  return phase === 'total' ? call('took', 'answer') : call('took', 'answer', quoted(phase));
}

/** Lengths of time as numbers. */
function inMilliseconds(condition: Template): Template {
  const entries = entriesOf(condition).map(([operator, length]) => {
    const text = constantOf(length);
    const value = typeof text === 'string' ? parseDuration(text) : text;
    if (typeof value !== 'number') throw new Refused('a duration with a template in it', 'write the duration out');
    return [operator, { kind: 'constant', value }] as const;
  });
  return { kind: 'map', entries };
}

/** Checks as the argument of `expect`: each is asked for when its turn has come. */
export function checkEntries(checks: readonly Check[]): [string, Code][] {
  const names = new Map<string, number>();
  return checks.map(([name, code]) => {
    const times = (names.get(name) ?? 0) + 1;
    names.set(name, times);
    return [times === 1 ? name : `${name} (${times})`, prefixed('() => ', code)];
  });
}
