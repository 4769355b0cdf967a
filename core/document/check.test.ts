import { describe, expect, test } from '@jest/globals';
import Type from 'typebox';
import { checkDocument, readDocument, renderDiagnostics } from './index.ts';

const closed = { additionalProperties: false };
const Channel = Type.Union([
  Type.Object({ type: Type.Literal('ntfy'), url: Type.String() }, closed),
  Type.Object({ type: Type.Literal('twilio'), to: Type.String() }, closed),
]);
const Schema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z]+$', 'x-expected': 'lower-case letters', examples: ['posts'] }),
    channels: Type.Optional(Type.Array(Channel)),
    limit: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Object({ lt: Type.Number() }, closed)])),
    mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('slow')])),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  closed,
);

const check = (text: string) => checkDocument(readDocument(text, 'a.yaml'), Schema);
const said = (text: string) =>
  check(text).map(({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` (${hint})` : ''}`);

test('a valid document has nothing to say', () => {
  expect(said('id: posts\nchannels: [{ type: ntfy, url: x }]\nlimit: { lt: 3 }\nmode: fast\n')).toEqual([]);
});

test('all errors at once, with suggestions and positions', () => {
  const text = 'idd: posts\nmode: fats\nheaders: { a: 1 }\n';
  expect(said(text)).toEqual([
    '1:1 unknown key "idd" (did you mean "id"?)',
    '2:7 mode must be one of fast, slow, found the text "fats" (did you mean "fast"?)',
    '3:15 a must be a text, found the number 1 (quote it: "1")',
  ]);
  expect(renderDiagnostics(check(text), text)).toContain('      | ^^^ did you mean "id"?');
});

test('a key that is missing is told, and one that is misspelt is not told twice', () => {
  expect(said('mode: fast\n')).toEqual(['1:1 missing key "id" (for example: id: posts)']);
  expect(said('ids: posts\n')).toEqual(['1:1 unknown key "ids" (did you mean "id"?)']);
});

test('a key may be missing because YAML could not follow to where it stands', () => {
  expect(said('mode: "fast\nid: posts\n')).toEqual([]);
});

test('a pattern is explained in words', () => {
  expect(said('id: Posts 1\n')).toEqual([
    '1:5 id must be lower-case letters, found the text "Posts 1" (for example: posts)',
  ]);
});

describe('a union speaks about the branch that was meant', () => {
  test('by its tag', () => {
    expect(said('id: a\nchannels:\n  - { type: ntfy, to: x, url: y }\n')).toEqual([
      '3:19 unknown key "to" in channels[0] (known: type, url)',
    ]);
  });
  test('an unknown tag lists the known ones', () => {
    expect(said('id: a\nchannels: [{ type: ntfi }]\n')).toEqual([
      '2:20 type must be one of ntfy, twilio, found the text "ntfi" (did you mean "ntfy"?)',
    ]);
  });
  test('by its type', () => {
    expect(said('id: a\nlimit: { lte: 3, lt: 1 }\n')).toEqual(['2:10 unknown key "lte" in limit (did you mean "lt"?)']);
    expect(said('id: a\nlimit: [1]\n')).toEqual(['2:8 limit must be a number, a text or a mapping, found a list']);
  });
});

test('keys named like members of Object.prototype are unknown keys, not surprises', () => {
  expect(said('id: a\n__proto__: 1\nconstructor: 2\n').map((line) => line.split(' (')[0])).toEqual([
    '2:1 unknown key "__proto__"',
    '3:1 unknown key "constructor"',
  ]);
});

test('a document that is no mapping', () => {
  expect(said('- a\n')).toEqual(['1:1 the file must be a mapping, found a list']);
  expect(said('')).toEqual(['1:1 the file must be a mapping, found nothing']);
});

test('a secret that is wrong is not repeated', () => {
  const schema = Type.Object({ key: Type.String({ pattern: '^k', 'x-expected': 'a key', 'x-secret': true }) });
  const [diagnostic] = checkDocument(readDocument('key: hunter2\n', 'a.yaml'), schema);
  expect(diagnostic!.message).toBe('key must be a key, found another text');
});
