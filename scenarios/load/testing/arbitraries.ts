import fc from 'fast-check';
import type { Scope } from '../../language/template.ts';

/** What scripts are held against the engine with: values, conditions, patterns and templates of every kind. */

const words = fc.constantFrom('', 'a', 'ab', '1', '1.5', ' 2 ', 'true', 'null', '__proto__', 'length', '김치', '👍');
const scalar = fc.oneof(words, fc.constantFrom(0, -0, 1, 1.5, -3, 2 ** 53, true, false, null));

export const { jsonValue } = fc.letrec((tie) => ({
  jsonValue: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie('jsonValue'), { maxLength: 3 }),
    fc.dictionary(words, tie('jsonValue'), { maxKeys: 3 }),
  ),
}));

const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null');
const number = fc.constantFrom(-1, 0, 1, 1.5, 2, 3);

/** As written: short forms inside, up to three operators. */
export const { condition } = fc.letrec((tie) => ({
  condition: fc
    .record(
      {
        equals: jsonValue,
        not: fc.oneof({ maxDepth: 2 }, scalar, tie('condition')),
        contains: scalar,
        matches: fc.constantFrom('a', '^.$', '(?i)^AB$', '[0-9]', ''),
        exists: fc.boolean(),
        type,
        count: fc.oneof(number, fc.record({ gte: number })),
        lt: number,
        lte: number,
        gt: number,
        gte: number,
        one_of: fc.array(scalar, { minLength: 1, maxLength: 3 }),
        each: fc.oneof({ maxDepth: 2 }, scalar, tie('condition')),
      },
      { requiredKeys: [] },
    )
    .map((all) => Object.fromEntries(Object.entries(all).slice(0, 3)))
    .filter((some) => Object.keys(some).length > 0),
}));

const PIECES = [
  'a B . ^ $ \\d \\D \\s \\S \\w \\W \\b \\B [a-c] [^a\\s] [[:alpha:]_] []a] (a|b) (?:ab) (?P<x>b) * +? ? {2} {1,}',
  '\\. \\- \\/ / " { } ] \\A \\z \\x41 \\x{1F44D} | 한 👍 \\n [\\w.-] [^/] \\t',
].flatMap((line) => line.split(' '));

/** Patterns in RE2 syntax, and some that are none. */
export const pattern = fc
  .tuple(
    fc.constantFrom('', '(?i)', '(?s)', '(?m)', '(?ms)'),
    fc.array(fc.constantFrom(...PIECES, '\n'), { minLength: 1, maxLength: 6 }),
  )
  .map(([flags, parts]) => flags + parts.join(''));

export const searchedText = fc
  .array(fc.constantFrom(...'abcAB1 .-/_"{}]한👍α\n\r\t\v\u2028\u00a0'))
  .map((letters) => letters.join(''));

/** What names in `templateText` mean. */
export const NAMES: Readonly<Record<string, unknown>> = {
  text: 'a "b" <c> & ü/한?',
  number: 12.5,
  list: [1, 'x', null],
  user: { id: 7, name: '`${evil}`', deep: { at: '2026-11-23T03:00:00.000Z' } },
  nothing: null,
  dots: '..',
  half: 'x\ud800y',
  breaking: 'a\r\nb: c',
};

export const scope: Scope = {
  values: new Map(Object.entries(NAMES)),
  secrets: { KEY: 'k' },
  generators: { now: () => 0, random: () => 0.5 },
  environment: 'staging',
  row: null,
  functions: null,
};

const SOURCES = [
  'text number list user.id user.name user["deep"].at list[1] nothing dots half breaking missing user.none secrets.KEY',
  '"quoted" 5 $env',
].flatMap((line) => line.split(' '));
const FILTERS = [
  '',
  ...['string', 'number', 'json', 'url', 'base64', 'base64url', 'upper | lower', 'trim', 'default("none")'],
  ...['default(user.id)', 'sha256', 'sha256("base64url")', 'hmac_sha256(secrets.KEY, "base64")'],
  ...['date("yyyy-MM-dd\'T\'HH:mm:ss.SSS")', 'date("http")', 'date("unix")'],
].map((filter) => (filter === '' ? '' : ` | ${filter}`));

export const templateText = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(...SOURCES), fc.constantFrom(...FILTERS))
        .map(([source, change]) => `{{ ${source}${change} }}`),
      fc.constantFrom('plain', '/', '?q=', '`', '${x}', '\\', '\n', '\r\n', "'", '"', '\u2028', ' '),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pieces) => pieces.join(''));
