import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printYaml, readDocument } from './index.ts';

fc.configureGlobal({ seed: 20261123 });

const read = (text: string) => {
  const { value, diagnostics } = readDocument(text, 'a.yaml');
  return { value, diagnostics };
};

/** Texts that YAML reads as something else, or that end what they stand in. */
const biting = fc.constantFrom(
  ...['', ' ', 'a ', ' a', '#a', 'a #b', 'a: b', 'a:', ':a', '- a', '-', '?', '? a', '~', 'null', 'True', 'no', 'off'],
  ...[
    '0123',
    '-0_1',
    '0x1f',
    '0o7',
    '1e3',
    '.5',
    '1.',
    '.inf',
    '-.INF',
    '.nan',
    '1_000',
    '12:30:45',
    '9007199254740993',
  ],
  ...[
    '{{ a }}',
    '{a',
    'a}',
    '[',
    ']',
    ',',
    'a,b',
    '&a',
    '*a',
    '!x',
    '|',
    '>',
    "'",
    '"',
    '%',
    '@',
    '`',
    '<<',
    '=',
    '---',
    '...',
  ],
  ...[
    'a\nb',
    'a\nb\n',
    'a\n\nb\n',
    '\na',
    'a\n ',
    ' a\nb',
    'a\n\n',
    'a\r\nb',
    'a\tb',
    'tab\t',
    '\t',
    'a\n\tb',
    '---\na',
    '# a\nb',
  ],
  ...[
    '글',
    '😀',
    '\ufeff',
    '\u2028',
    '\u0085',
    '\u007f',
    '\u200b',
    '\ud800',
    '\u0001',
    '\ufffe',
    '2026-12-01',
    '__proto__',
    'constructor',
  ],
);
const anyText = fc.oneof(
  biting,
  fc.string({ unit: 'binary' }),
  fc.array(biting, { maxLength: 3 }).map((all) => all.join('')),
);
const scalar = fc.oneof(
  anyText,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.constantFrom(2 ** 53, 2 ** 64, -(2 ** 70), 1e21, 1e-7, Number.MAX_SAFE_INTEGER),
);
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      anyText.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

/** NUL is refused in any file, so it is escaped like every control character. */
test('what is printed is read as the same data, without a complaint', () => {
  fc.assert(
    fc.property(data, (value) => {
      expect(read(printYaml(value))).toEqual({ value, diagnostics: [] });
    }),
    { numRuns: 3_000 },
  );
});

test('comments stand above their values and change none', () => {
  const comment = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\nb', 'a\u2028b', 'x: y', ''));
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), data, { noNullPrototype: true }),
      comment,
      (value, said) => {
        const text = printYaml(value, { comment: (path) => (path.length < 3 ? said : undefined) });
        expect(read(text)).toEqual({ value, diagnostics: [] });
      },
    ),
    { numRuns: 500 },
  );
});

test('it reads as a person would write it', () => {
  const value = {
    name: 'Posts: all of them',
    tags: ['a', 'b'],
    retry: { times: 1, delay: '1s' },
    steps: [{ name: 'one', body: 'id,title\n1,hello\n', codes: ['012', 'yes', '30s'] }],
    empty: {},
    nothing: null,
  };
  expect(printYaml(value, { block: (path) => path.length === 2 })).toBe(`name: "Posts: all of them"
tags: [a, b]
retry: { times: 1, delay: 1s }
steps:
  - name: one
    body: |
      id,title
      1,hello
    codes: ["012", "yes", 30s]
empty: {}
nothing: null
`);
});
