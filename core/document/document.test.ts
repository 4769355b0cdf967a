import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diagnosticAt, diagnosticWithin, readDocument, renderDiagnostic, renderDiagnostics } from './index.ts';

const read = (text: string) => readDocument(text, 'a.yaml');
const said = (text: string) =>
  read(text).diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('what YAML would silently misread', () => {
  test('an unquoted template says: quote it, wherever it stands', () => {
    for (const text of [
      'a: {{ x }}',
      'a: [{{ x }}]',
      'a: { b: {{ x }} }',
      'a: {{ x }} and more',
      '- {{ x }}',
      'a: {{x}}/y',
    ]) {
      const [first, ...others] = read(`${text}\n`).diagnostics;
      expect([text, first?.message, others]).toEqual([text, expect.stringContaining('unquoted {{'), []]);
      expect(first!.column).toBe(text.indexOf('{{') + 1);
      expect(first!.hint).toContain('quote it');
    }
  });

  test('leading zeros and integers that lose digits', () => {
    expect(said('a: 0123\nb: 9007199254740993\nc: 9007199254740991\nd: .inf\ne: "0123"\n')).toEqual([
      '1:4 0123 begins with a zero: YAML versions disagree about its value',
      '2:4 9007199254740993 is past 2^53, where numbers lose digits',
      '4:4 .inf is not a number that JSON can carry',
    ]);
  });

  test('duplicate keys, keys that are no text, merge keys, anchors, tags, tabs, a second document', () => {
    expect(said('a: 1\na: 2\n')).toEqual(['2:1 key "a" stands here a second time']);
    expect(said('1: a\n')).toEqual(['1:1 a key must be a text, 1 is not']);
    expect(said('? [a]\n: b\n')).toEqual(['1:3 a key must be a text']);
    expect(said('<<: {}\n')).toEqual(['1:1 merge keys (<<) are not supported']);
    expect(said('a: &x 1\nb: *x\n')).toHaveLength(2);
    expect(said('a: !secret b\n')).toEqual(['1:12 tags are not supported: !secret']);
    expect(said('a:\n\tb: 1\n')).toEqual(['2:1 a tab in the indentation']);
    expect(said('a: 1\n---\nb: 2\n')).toEqual(['2:1 a second document begins here']);
  });
});

test('every mistake is reported at once, in the order of the file', () => {
  const lines = read('b: 0123\na: {{ x }}\nb: 1\nc: *y\n').diagnostics.map(({ line }) => line);
  expect(lines).toEqual([1, 2, 3, 4]);
});

describe('bombs are refused before they cost anything', () => {
  const under = (ms: number, text: string) => {
    const start = performance.now();
    const { diagnostics } = read(text);
    expect(performance.now() - start).toBeLessThan(ms);
    return diagnostics;
  };

  test('10 MB', () => {
    expect(under(10_000, 'a: b\n'.repeat(2_000_000))[0]?.message).toBe('the file is 10.0 MB; at most 1 MB is read');
  });

  test.each([
    ['flow', '['.repeat(400_000)],
    ['flow over lines', 'a: {\n'.repeat(100_000)],
    ['lists', '- '.repeat(400_000)],
    ['keys', '? '.repeat(400_000)],
  ])('endless nesting of %s', (_, text) => {
    expect(under(10_000, text)[0]?.message).toMatch(/at most 64 levels/);
  });

  test('a billion laughs', () => {
    const laughs = Array.from({ length: 40 }, (_, level) => `b${level}: &b${level} [*b${level - 1}, *b${level - 1}]`);
    expect(under(10_000, `a: &b-1 lol\n${laughs.join('\n')}\n`).length).toBeGreaterThan(40);
  });

  test('a megabyte of keys does not take quadratic time', () => {
    expect(under(10_000, Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n'))).toEqual([]);
  });
});

test('__proto__ and constructor are ordinary keys and touch no prototype', () => {
  const { value } = read('__proto__: { polluted: true }\nconstructor: 1\n');
  expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

describe('places', () => {
  const text = 'steps:\n  - name: sign in\n    request: GET /{{ x }}\n    expect: { status: 201 }\n    empty:\n';
  const doc = read(text);

  test('a value, its key, a piece of it, and the nearest ancestor of what is not there', () => {
    expect(doc.locate(['steps', 0, 'name'])).toEqual({ line: 2, column: 11, endColumn: 18 });
    expect(doc.locate(['steps', 0, 'name'], 'key')).toEqual({ line: 2, column: 5, endColumn: 9 });
    expect(doc.locate(['steps', 0, 'expect', 'status'])).toEqual({ line: 4, column: 23, endColumn: 26 });
    expect(doc.locateWithin(['steps', 0, 'request'], 5, 7)).toEqual({ line: 3, column: 19, endColumn: 26 });
    expect(doc.locate(['steps', 0, 'empty'])).toMatchObject({ line: 5, column: 5 });
    expect(doc.locate(['steps', 0, 'expect', 'header'])).toMatchObject({ line: 4, column: 5 });
    expect(doc.locate(['nowhere'])).toMatchObject({ line: 1, column: 1 });
  });

  test('a diagnostic is drawn with its line, a caret and the hint', () => {
    const drawn = renderDiagnostic(diagnosticAt(doc, ['steps', 0, 'expect', 'status'], 'wrong', 'try 200'), text);
    expect(drawn).toBe(
      'a.yaml:4:23: wrong\n    4 |     expect: { status: 201 }\n      |                       ^^^ try 200',
    );
    const within = diagnosticWithin(doc, ['steps', 0, 'request'], { offset: 5, length: 7 }, 'unknown');
    expect(renderDiagnostic(within, text).split('\n').at(-1)).toBe('      |                   ^^^^^^^');
  });

  test('carets stand under wide letters and after tabs, and control characters do not reach the terminal', () => {
    const korean = '이름: 0123\n';
    expect(renderDiagnostic(read(korean).diagnostics[0]!, korean).split('\n')[2]).toMatch(/^ {6}\| {7}\^{4} /);
    expect(renderDiagnostic({ file: 'f', line: 1, column: 3, message: 'm' }, 'a\u001b[31mb')).not.toContain('\u001b');
  });

  test('a very long line is cut around the place', () => {
    const long = `a: "${'x'.repeat(5_000)}" 1\n`;
    const drawn = renderDiagnostic(read(long).diagnostics[0]!, long);
    expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThan(200);
    expect(drawn).toContain('^');
  });
});

test('plain data comes out as YAML 1.2 says', () => {
  expect(read('a: yes\nb: true\nc: 1.5\nd: null\ne: 2026-12-01\nf: [x, 1]\ng: |\n  two\n  lines\n').value).toEqual({
    a: 'yes',
    b: true,
    c: 1.5,
    d: null,
    e: '2026-12-01',
    f: ['x', 1],
    g: 'two\nlines\n',
  });
});

describe('what a person sees', () => {
  test('neither the terminal nor the reader is led astray by letters that cannot be seen', () => {
    const text = '"na\u202eme\u200b": 1\n';
    const shown = renderDiagnostic(
      { file: 'a.yaml', line: 1, column: 1, endColumn: 10, message: 'unknown key "\u001b[31mna\u202eme\u200b\n"' },
      text,
    );
    expect(shown).not.toMatch(/[\u001b\u202e\u200b]/);
    expect(shown.split('\n')).toHaveLength(3);
    expect(shown).toContain('1 | "na\ufffdme\ufffd": 1');
  });

  test('a byte order mark is no column, and nothing of it is shown', () => {
    const text = '\ufeffa: 0123\n';
    const [found] = read(text).diagnostics;
    expect(found).toMatchObject({ line: 1, column: 4, endColumn: 8 });
    expect(renderDiagnostic(found!, text)).toContain('    1 | a: 0123\n      |    ^^^^');
  });

  test('a carriage return in the middle of a line does not move what follows to other lines', () => {
    const text = 'a: "x\ry"\nb: 0123\n';
    const [found] = read(text).diagnostics;
    expect(found).toMatchObject({ line: 2, column: 4 });
    expect(renderDiagnostic(found!, text)).toContain('    2 | b: 0123\n');
    expect(said('a: 1\n: 2\n')).toEqual(['2:1 a ":" without a key in front of it']);
  });

  test('line ends of an old Macintosh are named as what they are', () => {
    expect(said('a: 1\rb: 2\r')).toEqual([
      '1:1 the lines end with a carriage return alone; save the file with LF or CRLF line ends',
    ]);
  });
});

test('a dense megabyte costs no more than its first tokens, and a thousand mistakes are enough', () => {
  const dense = [`a:\n${'- a\n'.repeat(240_000)}`, `a: [${'{},'.repeat(320_000)}]`, 'a: 1\n'.repeat(190_000)];
  for (const text of dense) {
    const start = performance.now();
    expect(said(text)).toEqual([
      '1:1 the file holds more than 400000 words and marks; a scenario or policy is far smaller',
    ]);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
  const broken = 'a: 1\n'.repeat(15_000);
  const start = performance.now();
  const { diagnostics } = read(broken);
  expect(diagnostics).toHaveLength(1_000);
  expect(renderDiagnostics(diagnostics, broken)).toContain('a.yaml:2:1: key "a" stands here a second time');
  expect(performance.now() - start).toBeLessThan(10_000);
  // A large text is one token, whatever it holds.
  expect(said(`body: |\n${'  1,2,3,4,5,6,7,8,9,[{}]\n'.repeat(30_000)}`)).toEqual([]);
});

test('every place lies within the file, however broken it is', () => {
  const pieces = [
    'a: 1\n',
    '  - b: "x\ny"\n',
    'c: [1,\n 2]\n',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    ': ',
    '- ',
    '? ',
    '\n',
    '\t',
  ];
  const more = [
    '{{ x }}',
    '| \n  text\n',
    '> \n  text\n',
    '&a ',
    '*a',
    '%',
    '#',
    '---\n',
    '\r\n',
    '\r',
    '😀',
    '\ufeff',
    '<<: ',
  ];
  const text = fc
    .array(fc.constantFrom(...pieces, ...more), { minLength: 1, maxLength: 25 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(text, (broken) => {
      const lines = broken.replace(/^\ufeff/, '').split('\n');
      for (const { line, column } of read(broken).diagnostics) {
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 2);
      }
    }),
    { numRuns: 3_000, seed: 5 },
  );
});
