import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Parser } from 'yaml';
import { editDocument, type Path, printYaml, readDocument } from './index.ts';

fc.configureGlobal({ seed: 20261123 });

const edit = (text: string, path: Path, value: unknown) => {
  const edited = editDocument(text, [{ path, value }]);
  if ('text' in edited) return edited.text;
  throw new Error(edited.diagnostics.map(({ message }) => message).join());
};

const FILE = `# yaml-language-server: $schema=x

version: 1   # of the format
id: 'posts'
name:   "Posts: all"  # for people
tags: [ critical,  "a b" ] # words
schedule: {every: 30s, jitter: 10%}

# What it needs.
secrets:
# the old one
- OLD
- NEW   # the new one
variables: {}
note: |
  first
  second
steps:
    # one
    - name: one
      request: GET /   # the root

      # what it expects
      expect:
          status: 200 # fine
          jsonpath: { $.a: 1, "$.b": x }
    - request: GET /two
      # between
      name: two
empty:
# the end
`;

describe('only the bytes of what is changed are changed', () => {
  test.each<[string, Path, unknown, string, string]>([
    ['a plain text', ['schedule', 'every'], '1m', 'every: 30s', 'every: 1m'],
    ['single quotes stay', ['id'], "it's", "id: 'posts'", "id: 'it''s'"],
    ['double quotes stay', ['name'], 'Posts', 'name:   "Posts: all"  # for', 'name:   "Posts"  # for'],
    ['quotes where they are needed', ['steps', 0, 'request'], 'GET /: x', 'GET /   #', '"GET /: x"   #'],
    ['a number', ['steps', 0, 'expect', 'status'], 201, 'status: 200 # fine', 'status: 201 # fine'],
    ['an entry in brackets', ['tags', 1], 'c', '"a b" ] #', '"c" ] #'],
    ['one more in brackets', ['tags', 2], 'c', '"a b" ] #', '"a b", c ] #'],
    ['one less in brackets', ['tags', 0], undefined, '[ critical,  "a b" ]', '[ "a b" ]'],
    ['a key in brackets', ['schedule', 'while_failing'], '5s', 'jitter: 10%}', 'jitter: 10%, while_failing: 5s}'],
    ['a key out of brackets', ['schedule', 'jitter'], undefined, 'every: 30s, jitter: 10%', 'every: 30s'],
    ['empty brackets', ['variables', 'a'], 1, 'variables: {}', 'variables: { a: 1 }'],
    ['an item at the end', ['secrets', 2], 'X', 'NEW   # the new one\n', 'NEW   # the new one\n- X\n'],
    ['an item away, its comment stays', ['secrets', 1], undefined, '- NEW   # the new one\n', '# the new one\n'],
    [
      'a key away with its comment left',
      ['steps', 0, 'request'],
      undefined,
      'request: GET /   # the root',
      '# the root',
    ],
    ['the first key of an item', ['steps', 1, 'request'], undefined, '- request: GET /two\n', '- \n'],
    ['an empty value', ['empty'], 'x', 'empty:\n', 'empty: x\n'],
    ['a block of text', ['note'], 'a\nb\n', '  first\n  second\n', '  a\n  b\n'],
    ['a block of text in one line', ['note'], 'a', 'note: |\n  first\n  second\n', 'note: a\n'],
    [
      'a whole list',
      ['secrets'],
      ['A'],
      'secrets:\n# the old one\n- OLD\n- NEW   # the new one',
      'secrets:\n# the old one\n[A]   # the new one',
    ],
    [
      'a new key at the end of its mapping',
      ['steps', 0, 'warn'],
      { a: 1 },
      '"$.b": x }\n',
      '"$.b": x }\n      warn: { a: 1 }\n',
    ],
    ['a new mapping', ['retry', 'times'], 1, 'empty:\n', 'empty:\nretry: { times: 1 }\n'],
  ])('%s', (_, path, value, from, to) => {
    expect(FILE.split(from)).toHaveLength(2);
    const edited = edit(FILE, path, value);
    if (path[0] !== 'secrets' || path.length > 1) expect(edited).toBe(FILE.replace(from, () => to));
    const { value: read, diagnostics } = readDocument(edited, 'a');
    expect(diagnostics).toEqual([]);
    expect(read).toEqual(expected(readDocument(FILE, 'a').value, path, value));
    expect(commentsOf(edited)).toEqual(commentsOf(FILE));
  });

  test('line ends of another system stay', () => {
    const text = 'a: 1\r\nb:\r\n  - x\r\n';
    expect(edit(edit(text, ['b', 1], 'z'), ['c'], 2)).toBe('a: 1\r\nb:\r\n  - x\r\n  - z\r\nc: 2\r\n');
  });

  test('a file that cannot be read, or a path that leads nowhere, changes nothing', () => {
    expect(editDocument('a: [', [{ path: ['a'], value: 1 }])).toHaveProperty('diagnostics');
    expect(editDocument('a: 1', [{ path: ['a', 'b'], value: 1 }])).toHaveProperty('diagnostics');
    expect(editDocument('a: [1]', [{ path: ['a', 'b'], value: 1 }])).toHaveProperty('diagnostics');
  });
});

const scalar = fc.oneof(
  fc.constantFrom('x', '30s', 'a: b', '{{ t }}', 'two\nlines\n', '', '0123', 'yes', '#', ' a'),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd e', '0'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const mapping = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), data, {
  minKeys: 2,
  maxKeys: 4,
  noNullPrototype: true,
});

/** A file with a comment above many of its entries, some of it in brackets. */
const document = fc.tuple(mapping, fc.integer({ min: 1, max: 5 })).map(([value, every]) => {
  let seen = 0;
  return printYaml(value, {
    block: (path) => path.length % every !== 0,
    comment: (path) => (seen++ % every === 0 ? `comment at ${path.join('.')}` : undefined),
  });
});

/** Every path of a value, and one more key or item of every mapping and list. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((item, index) => pathsOf(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return [path, ...inner, [...path, Array.isArray(value) ? value.length : 'new']];
}

function expected(value: unknown, [segment, ...rest]: Path, wanted: unknown): unknown {
  if (segment === undefined) return wanted;
  const copy = structuredClone(value ?? (typeof segment === 'number' ? [] : {})) as Record<string | number, unknown>;
  const inner = expected(copy[segment], rest, wanted);
  if (inner !== undefined) copy[segment] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(segment), 1);
  else delete copy[segment];
  return copy;
}

function commentsOf(text: string): string[] {
  const found: string[] = [];
  const visit = (token: unknown): void => {
    if (typeof token !== 'object' || token === null) return;
    const { type, source } = token as { type?: string; source?: string };
    if (type === 'comment') found.push(source!.trim());
    for (const inner of Object.values(token)) visit(inner);
  };
  for (const token of new Parser().parse(text)) visit(token);
  return found.sort();
}

test('after any edit the file says what was wanted, and every comment outside of what was taken away is there', () => {
  let kept = 0;
  let all = 0;
  fc.assert(
    fc.property(document, fc.nat(), fc.option(data, { nil: undefined }), (text, pick, value) => {
      const { value: before, diagnostics } = readDocument(text, 'a');
      expect(diagnostics).toEqual([]);
      const paths = pathsOf(before).slice(1);
      const path = paths[pick % paths.length]!;
      const edited = edit(text, path, value);
      expect(readDocument(edited, 'a')).toMatchObject({ value: expected(before, path, value), diagnostics: [] });
      const under = `comment at ${path.join('.')}.`;
      const due = commentsOf(text).filter((comment) => !`${comment}.`.includes(under));
      const left = commentsOf(edited);
      all += due.length;
      kept += due.filter((comment) => left.includes(comment)).length;
    }),
    { numRuns: 1_000 },
  );
  expect({ kept, of: all }).toEqual({ kept: all, of: all });
});

test('a scalar edited and edited back, or a key added and taken away, leaves the very same bytes', () => {
  fc.assert(
    fc.property(document, fc.nat(), scalar, (text, pick, value) => {
      const { value: before } = readDocument(text, 'a');
      const paths = pathsOf(before).slice(1);
      const path = paths[pick % paths.length]!;
      const old = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)?.[key], before);
      fc.pre(typeof old !== 'object' || old === null);
      // What had to be put in quotes keeps them.
      fc.pre(old === undefined || [old, value].every((one) => printYaml(one).trim() === String(one)));
      expect(edit(edit(text, path, value), path, old)).toBe(text);
      expect(edit(text, path, old)).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

/** Files as they come from other hands. */
const FOREIGN = [
  'a: {\n  b: 1, # one\n  c: [1, # x\n    2],\n}\nd: 1\n',
  '? a\n: 1\n? b\n: - x\n  - y\n',
  'a: >\n  folded\n  text\n\n  more\nb: |+\n  keep\n\n\nc: |-\n  strip\nd: "multi\n  line"\ne: plain\n  over lines\n',
  '- - a\n  - b\n-\n  - c\n- {x: 1}\n-\n- ~\n',
  'a:\n- x\n- y: 1\n  z: 2\nb:\n    c:\n        d: 1\n    # end of c\n# end\n',
  '---\n# doc\na: 1\n...\n',
  '\ufeffa: 1\nb: 2',
  '{a: 1, b: {c: [x, y]}, "d e": null}\n',
  ...['{}\n', 'a:\n', '# only\n', '', 'a: 1 # c\nb:   # d\n  c: 1\n', '\'a b\': 1\n"c\\td": 2\n'],
  'steps:\n  - name: x   \n    json:\n      a: 1   \n\n\n  - name: y\n\n',
  'a: |\n  x\n  # not a comment\nb: 1\n',
  'a: [\n  1,\n  2,\n]\nb: []\n',
];
const PUT = [
  ...[1, 'x', 'a: b', 'two\nlines\n', '', null, [], {}, [1, 'x'], { k: 'v', l: [1] }, 'x'.repeat(200), undefined],
  [{ a: 1, b: { c: 2 } }, { a: 2 }],
  { long: 'y'.repeat(120), z: { q: [1, { r: 's' }] } },
];

test.each(FOREIGN)('whatever is put anywhere into %j, the file says it', (text) => {
  const { value: before, diagnostics } = readDocument(text, 'a');
  expect(diagnostics).toEqual([]);
  for (const value of PUT) {
    for (const path of pathsOf(before)) {
      if (path.length === 0 && value === undefined) continue;
      const edited = edit(text, path, value);
      expect(readDocument(edited, 'a')).toMatchObject({ value: expected(before, path, value), diagnostics: [] });
    }
  }
});
