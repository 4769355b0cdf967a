import { describe, expect, test } from '@jest/globals';
import { readCapture } from './capture.ts';
import { answer, unmet } from './testing/answers.ts';

test('status: a code, a class, a list, operators', () => {
  const created = answer('', { status: 201 });
  for (const spec of [201, '2xx', [200, 201], ['5xx', '2xx'], '201', { gte: 200, lt: 300 }, { not: 500 }])
    expect(unmet('status', spec, created)).toEqual([]);
  expect(unmet('status', 201, answer('', { status: 500 }))).toEqual(['status 500, expected 201']);
  expect(unmet('status', [200, '3xx'], created)).toEqual(['status 201, expected 200 or 3xx']);
  expect(unmet('status', { gte: 400 }, created)).toEqual(['status is 201, expected at least 400']);
});

test('headers: any case, repeated ones joined, numbers compared as numbers, absent is missing', () => {
  const exchange = answer('', { headers: { 'content-type': 'application/json', vary: ['a', 'b'], 'x-limit': '60' } });
  expect(unmet('header', { 'Content-Type': { contains: 'json' }, vary: 'a, b', 'x-limit': 60 }, exchange)).toEqual([]);
  expect(unmet('headers', { 'x-limit': { gt: 9, lte: 60 } }, exchange)).toEqual([]);
  expect(unmet('headers', { etag: { exists: false } }, exchange)).toEqual([]);
  expect(unmet('headers', { etag: { not: 'x' }, toString: 'x' }, exchange)).toEqual([
    'header etag is missing, expected not "x"',
    'header tostring is missing, expected "x"',
  ]);
});

describe('jsonpath', () => {
  const exchange = answer({ title: 'hello', n: 3, flag: null, list: [1, 2, 3], posts: [{ id: 'a' }, { id: 'b' }] });

  test('what holds', () => {
    expect(
      unmet(
        'jsonpath',
        {
          '$.title': 'hello',
          '$.n': { gt: 2, lt: 4, type: 'integer', one_of: [1, 3], not: 4 },
          '$.flag': null,
          '$.list': { count: 3, contains: 2, each: { gt: 0 }, equals: [1, 2, 3] },
          '$.posts[*].id': { count: 2, each: { type: 'string', matches: '^[ab]$' }, contains: 'b' },
          '$.posts[?@.id == "z"]': { count: 0 },
          '$.gone': { exists: false },
          '$..id': { exists: true },
        },
        exchange,
      ),
    ).toEqual([]);
  });

  test.each([
    [{ '$.title': 'bye' }, '$.title is "hello", expected "bye"'],
    [{ '$.gone': { not: 'x' } }, '$.gone is missing, expected not "x"'],
    [{ '$.gone': null }, '$.gone is missing, expected null'],
    [{ '$.n': '3' }, '$.n is a number (3), expected "3"'],
    [{ '$.title': { lt: 5 } }, '$.title is a text ("hello"), not a number, expected less than 5'],
    [{ '$.n': { matches: '3' } }, '$.n is a number (3), not a text, expected to match "3"'],
    [{ '$.list': { count: { gt: 3 } } }, '$.list has count 3, expected count more than 3'],
    [{ '$.list': { each: { lt: 3 } } }, '$.list has 3 at index 2, expected each less than 3'],
    [{ '$.title': { type: 'array' } }, '$.title is a text ("hello"), expected a list'],
    [{ '$.constructor': { exists: true } }, '$.constructor is missing, expected to exist'],
    [{ '$.__proto__.toString': { type: 'object' } }, '$.__proto__.toString is missing, expected a mapping'],
  ])('%j: %s', (spec, message) => {
    expect(unmet('jsonpath', spec, exchange)).toEqual([message]);
  });

  test('a body that is no JSON fails everything, also exists: false', () => {
    expect(unmet('jsonpath', { '$.a': { exists: false, not: 1 } }, answer('<html>'))).toEqual([
      expect.stringContaining('the body is not JSON'),
      expect.stringContaining('cannot be read'),
    ]);
    expect(unmet('jsonpath', { '$.a': 1 }, answer(''))).toEqual(['$.a cannot be read: the body is empty']);
  });

  test('a body nested a hundred thousand deep is a result, not a crash', () => {
    expect(
      unmet('jsonpath', { '$..a': { exists: true } }, answer(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)),
    ).toHaveLength(1);
  });
});

test('body: a bare text means equals', () => {
  expect(unmet('body', 'ok', answer('ok'))).toEqual([]);
  expect(unmet('body', { contains: 'k', matches: '^o', count: 2, not: 'no', exists: true }, answer('ok'))).toEqual([]);
  expect(unmet('body', { exists: true }, answer(''))).toEqual(['body is missing, expected to exist']);
  expect(unmet('body', 'ok', answer('x'.repeat(5_000)))[0]!.length).toBeLessThan(300);
});

test('duration: as a whole and by phase, in units people read', () => {
  expect(unmet('duration', { lt: '500ms', first_byte: { lte: '100ms' }, dns: { lt: '1ms' } }, answer(''))).toEqual([]);
  expect(unmet('duration', { lt: '100ms', download: { lt: '20ms' } }, answer(''))).toEqual([
    'duration is 122.3 ms, expected less than 100 ms',
    'duration of download is 20.3 ms, expected less than 20 ms',
  ]);
  expect(unmet('duration', { lt: 'soon' }, answer(''))).toEqual([
    'duration cannot be compared: soon is not a number, expected less than soon',
  ]);
});

test('a regular expression that would backtrack for ever is linear, and a text past 1 MiB is not matched at all', () => {
  const exchange = answer(`${'a'.repeat(1_000_000)}b`);
  const start = performance.now();
  expect(unmet('body', { matches: '(a+)+$' }, exchange)).toHaveLength(1);
  expect(readCapture({ kind: 'regex', spec: '(a+)+$' }, exchange)).toHaveProperty('error');
  // Some 50 ms each alone; the rest is slack for a busy machine.
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(unmet('body', { matches: 'a' }, answer('a'.repeat(2 ** 20 + 1)))[0]).toContain(
    'too long for a regular expression',
  );
});

test('matching finds anywhere, in lines and letters of any script', () => {
  const exchange = answer('first line\n두 번째 줄 😀 end');
  expect(unmet('body', { matches: '번째' }, exchange)).toEqual([]);
  expect(unmet('body', { matches: '(?m)^두.*end$' }, exchange)).toEqual([]);
  expect(unmet('body', { matches: '^line' }, exchange)).toHaveLength(1);
  expect(unmet('body', { matches: '(?i)FIRST\\s+LINE' }, exchange)).toEqual([]);
  expect(unmet('body', { matches: '줄 . end' }, exchange)).toEqual([]);
  expect(unmet('body', { matches: '\\bend$' }, exchange)).toEqual([]);
});

describe('captures', () => {
  const exchange = answer({ id: 7, user: { name: 'kim' } }, { status: 201, headers: { location: '/posts/7' } });
  test.each([
    [{ kind: 'jsonpath', spec: '$.id' }, 7],
    [{ kind: 'jsonpath', spec: '$.user' }, { name: 'kim' }],
    [{ kind: 'jsonpath', spec: '$..name' }, ['kim']],
    [{ kind: 'header', spec: 'Location' }, '/posts/7'],
    [{ kind: 'status', spec: true }, 201],
    [{ kind: 'regex', spec: '"id":(\\d+)' }, '7'],
    [{ kind: 'regex', spec: 'k[a-z]+' }, 'kim'],
  ] as const)('%j', (from, value) => {
    expect(readCapture(from, exchange)).toEqual({ value });
  });

  test('what is not there is an error, never undefined', () => {
    expect(readCapture({ kind: 'jsonpath', spec: '$.no' }, exchange)).toEqual({ error: 'there is nothing at $.no' });
    expect(readCapture({ kind: 'jsonpath', spec: '$.constructor' }, exchange)).toEqual({
      error: 'there is nothing at $.constructor',
    });
    expect(readCapture({ kind: 'header', spec: 'etag' }, exchange)).toEqual({ error: 'there is no header etag' });
    expect(readCapture({ kind: 'regex', spec: '(z)' }, exchange)).toEqual({ error: 'the body does not match (z)' });
    expect(readCapture({ kind: 'regex', spec: '(z)?k' }, exchange)).toEqual({
      error: 'the group of (z)?k took no part in the match',
    });
  });
});
