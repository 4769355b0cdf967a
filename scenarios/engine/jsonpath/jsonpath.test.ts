import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileJsonQuery, type JsonQuery } from './index.ts';

fc.configureGlobal({ seed: 20261123 });

const compile = (text: string): JsonQuery => {
  const query = compileJsonQuery(text);
  if ('error' in query) throw new Error(`${text}: ${query.error}`);
  return query;
};

describe('where a query is wrong', () => {
  test.each([
    ['', 0, 'it must begin with "$"'],
    ['id', 0, 'it must begin with "$"'],
    ['$.', 2, 'expected a name or * after ".", found the end'],
    ['$.a[', 4, 'expected a quoted name, an index, a slice, * or ?, found the end'],
    ['$.a b', 3, 'unexpected " "'],
    ['$.my-key', 4, 'unexpected "-"'],
    ['$.1', 2, 'expected a name or * after ".", found "1"; other names go into brackets: ["…"]'],
    ['$[01]', 2, '"01" is no whole number as JSON writes it'],
    ['$["a]', 2, 'the text that begins here has no closing "'],
    ['$["\\x"]', 3, '"\\x" is no escape in a text'],
    ['$[?@.a == @.*]', 10, 'a query that can select several nodes cannot be compared'],
    ['$[?1]', 3, 'a value alone is no test: compare it'],
    ['$[?length(@.a)]', 3, 'length() is a value and no test: compare it'],
    ['$[?match(@.a, "x") == true]', 3, 'match() is true or false already and cannot be compared'],
    ['$[?lenght(@.a) > 1]', 3, 'there is no function "lenght", known are length, count, match, search, value'],
    ['$[?count(1) > 1]', 9, 'count() takes a query, which begins with @ or $, found "1"'],
    ['$[?match(@.a)]', 12, 'expected "," between the 2 arguments of match(), found ")"'],
    ['$[?!@.a == 1]', 8, '"!" stands before a comparison: put the comparison in parentheses'],
    ['$[?@.a = 1]', 7, 'expected "]" after a selector, found "="'],
    ['$[?@.a == yes]', 10, 'expected @, $, a value or a function, found "yes"'],
    [`$[?${'('.repeat(100)}@.a${')'.repeat(100)}]`, 67, 'it is nested too deeply'],
    [`$.${'a'.repeat(20_000)}`, 0, 'it is longer than 10,000 characters'],
  ])('%s', (text, offset, error) => {
    expect(compileJsonQuery(text)).toEqual({ error, offset });
  });
});

test('any text compiles or is refused with a place in it', () => {
  const piece = fc.constantFrom(
    '$',
    '@',
    '.',
    '..',
    '[',
    ']',
    '?',
    '*',
    '"a"',
    "'",
    '1',
    '-',
    ':',
    ',',
    '(',
    ')',
    '!',
    '==',
    '&&',
    'count',
    'a',
    ' ',
    '\\u',
    '😀',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = `$${pieces.join('')}`;
      const query = compileJsonQuery(text);
      if (!('error' in query)) return;
      expect(query.offset).toBeGreaterThanOrEqual(0);
      expect(query.offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 2_000 },
  );
});

test('only own properties are seen', () => {
  for (const text of ['$.constructor', '$.__proto__', '$.list.length', '$.text[0]', '$.text.length'])
    expect([text, compile(text).select({ list: [1], text: 'abc' })]).toEqual([text, []]);
  const hostile: unknown = JSON.parse('{"__proto__": {"polluted": 1}, "a": 2}');
  expect(compile('$["__proto__"].polluted').select(hostile)).toEqual([1]);
  expect(compile('$..polluted').select(hostile)).toEqual([1]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe('a body that the service chose cannot hold the thread', () => {
  const objects = `[${Array(600_000).fill('{"a":1}').join(',')}]`;
  const deep = '['.repeat(2_000_000) + ']'.repeat(2_000_000);
  const listOf = (text: string) => JSON.stringify(Array(80).fill(text));
  const texts = listOf('a'.repeat(100_000));

  test.each([
    ['$..[?@..a]', objects],
    ['$..*..*', objects],
    ['$[?$[?@.a]]', objects],
    ['$[?$ == $]', objects],
    ['$..[?@ == @]', deep],
    ['$..*', deep],
    ['$[?match(@, "(a+)+b")]', texts],
    ['$[?search(@, "(a|b|ab)*c")]', texts],
    ['$[?search(@, "[ab].{500}c")]', listOf(`c${'ab'.repeat(10_000)}`)],
  ])('%s', (text, json) => {
    const body: unknown = JSON.parse(json);
    const start = performance.now();
    expect(compile(text).select(body)).toEqual({ error: expect.stringContaining('took too many steps') });
    // Some 20 to 80 ms on a quiet machine; unbounded, it would be minutes.
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('while what is asked for in one pass is answered', () => {
    const body: unknown = JSON.parse(objects);
    expect(compile('$[*].a').select(body)).toHaveLength(600_000);
    expect(compile('$[?@.a == 1]').select(body)).toHaveLength(600_000);
    // All queries of one body share what they may take.
    expect(compile('$[?@.a == 2]').select(body)).toEqual({ error: expect.stringContaining('took too many steps') });
    expect(compile('$[5].a').select(body)).toEqual([1]);
  });
});

test('equality goes deep, without an order of keys and without mixing types', () => {
  const select = compile('$.list[?@ == $.wanted]');
  const wanted = { a: [1, { b: null }], c: 'x' };
  const list = [{ c: 'x', a: [1, { b: null }] }, { a: [1, { b: null }] }, [1], { a: [1, { b: 0 }], c: 'x' }, 'x', null];
  expect(select.select({ wanted, list })).toEqual([list[0]]);
  expect(compile('$[?@ == $[0]]').select([[], {}, []])).toEqual([[], []]);
});
