import { describe, expect, test } from '@jest/globals';
import type { PeerCertificate } from '../http/certificate.ts';
import { readCapture } from './capture.ts';
import { answer, unmet } from './testing/answers.ts';

describe('status', () => {
  test('names where the protocol has them', () => {
    const missing = answer('', { status: 5, statusName: 'NOT_FOUND' });
    for (const spec of ['NOT_FOUND', 5, ['OK', 'NOT_FOUND'], { gt: 0 }])
      expect([spec, unmet('status', spec, missing)]).toEqual([spec, []]);
    expect(unmet('status', 0, missing)).toEqual(['status 5 NOT_FOUND, expected 0']);
    expect(unmet('status', 'ok', missing)).toEqual(['status 5 NOT_FOUND, expected ok']);
  });

  test('none at all is missing, not unequal', () => {
    const none = answer('', { status: null });
    expect(unmet('status', '2xx', none)).toEqual(['there is no status, expected 2xx']);
    expect(unmet('status', { not: 500 }, none)).toEqual(['status is missing, expected not 500']);
    expect(readCapture({ kind: 'status', spec: true }, none)).toEqual({ error: 'there is no status' });
  });
});

describe('cookie', () => {
  const exchange = answer('', {
    headers: {
      'set-cookie': [
        'session=old',
        'session=abc=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600; Expires=Wed, 23 Dec 2026 00:00:00 GMT',
        'n=60; max-age=soon',
      ],
    },
  });

  test('value and attributes; the last one of a name counts', () => {
    const session = { value: 'abc=', secure: true, http_only: true, same_site: 'Lax', max_age: { gt: 60 }, path: '/' };
    expect(unmet('cookie', { session, n: 60, gone: { exists: false } }, exchange)).toEqual([]);
    expect(unmet('cookies', { session: { matches: '^abc' }, n: { gt: 59 } }, exchange)).toEqual([]);
  });

  test.each([
    [{ session: 'xyz' }, 'cookie session is "abc=", expected "xyz"'],
    [{ session: { secure: false } }, 'secure of cookie session is true, expected false'],
    [{ n: { max_age: 1 } }, 'max_age of cookie n is missing, expected 1'],
    [{ n: { http_only: true } }, 'http_only of cookie n is false, expected true'],
    [{ Session: { exists: true } }, 'cookie Session is missing, expected to exist'],
    [{ gone: { secure: false } }, 'secure of cookie gone is missing, expected false'],
  ])('%j: %s', (spec, message) => {
    expect(unmet('cookie', spec, exchange)).toEqual([message]);
  });

  test('a capture takes the value', () => {
    expect(readCapture({ kind: 'cookie', spec: 'session' }, exchange)).toEqual({ value: 'abc=' });
    expect(readCapture({ kind: 'cookie', spec: 'no' }, exchange)).toEqual({ error: 'the answer sets no cookie no' });
  });
});

test('regex: the first group, as a text or as the number that it is', () => {
  const exchange = answer('order 17, (price) 9.50');
  const spec = {
    'order (\\d+)': 17,
    'order \\d+': 'order 17',
    '(\\d+\\.\\d+)': { lt: 10 },
    'no (x)': { exists: false },
  };
  expect(unmet('regex', spec, exchange)).toEqual([]);
  expect(unmet('regex', { 'order (\\d+)': '18', 'no (x)': { not: 'y' }, 'order (z)?': 'z' }, exchange)).toEqual([
    '/order (\\d+)/ is "17", expected "18"',
    '/no (x)/ is missing, expected not "y"',
    '/order (z)?/ is missing, expected "z"',
  ]);
});

test('bytes and sha256 look at the decoded body as it is', () => {
  const exchange = answer(Buffer.from('foo'));
  const digest = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
  expect(unmet('bytes', 3, exchange)).toEqual([]);
  expect(unmet('bytes', { lt: 3 }, exchange)).toEqual(['size is 3 bytes, expected less than 3 bytes']);
  expect(unmet('sha256', digest.toUpperCase(), exchange)).toEqual([]);
  expect(unmet('sha256', { not: digest }, exchange)).toHaveLength(1);
  expect(unmet('bytes', { gte: 2 }, answer(Buffer.from([0xff, 0xfe])))).toEqual([]);
  expect(readCapture({ kind: 'sha256', spec: true }, exchange)).toEqual({ value: digest });
});

test('redirects: how many, and where the last one led', () => {
  const redirects = [
    { status: 302, url: 'http://127.0.0.1/a' },
    { status: 303, url: 'http://127.0.0.1/login?next=/' },
  ];
  const exchange = answer('', { redirects });
  expect(unmet('redirects', 2, exchange)).toEqual([]);
  expect(unmet('redirects', { count: { lte: 2 }, url: { contains: '/login' } }, exchange)).toEqual([]);
  expect(unmet('redirects', { count: 0, url: 'x' }, answer(''))).toEqual([
    'the last redirect is missing, expected "x"',
  ]);
  expect(unmet('redirects', 1, exchange)).toEqual(['number of redirects is 2, expected 1']);
  expect(readCapture({ kind: 'redirects', spec: 'url' }, exchange)).toEqual({ value: redirects[1]!.url });
  expect(readCapture({ kind: 'redirects', spec: 'url' }, answer(''))).toEqual({ error: 'no redirect was followed' });
});

describe('certificate', () => {
  const certificate: PeerCertificate = {
    subject: 'CN=api.example.com',
    issuer: "C=US, O=Let's Encrypt, CN=R11",
    names: ['api.example.com', '*.example.com'],
    valid_from: '2026-09-01T00:00:00.000Z',
    valid_to: '2026-12-03T12:00:00.000Z',
    fingerprint_sha256: 'ab',
    serial: '01',
    trusted: false,
    untrusted_reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    chain: [{ subject: 'CN=api.example.com', issuer: 'CN=R11', valid_to: '2026-12-03T12:00:00.000Z' }],
  };
  const exchange = answer('', { certificate });

  test('what holds', () => {
    const spec = {
      expires_in: { gt: '10d', lt: '11d' },
      issuer: { contains: "Let's Encrypt" },
      names: { contains: 'api.example.com', count: 2 },
      trusted: false,
      valid_to: { matches: '^2026-12-03' },
      chain: { count: 1, contains: 'CN=api.example.com' },
    };
    expect(unmet('certificate', spec, exchange)).toEqual([]);
  });

  test.each([
    [{ expires_in: { gt: '14d' } }, 'time until the certificate ends is 10.5 days, expected more than 14 days'],
    [{ trusted: true }, 'trusted of the certificate is false, expected true (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    [
      { names: { contains: 'x' } },
      'names of the certificate is ["api.example.com","*.example.com"], expected to contain "x"',
    ],
  ])('%j: %s', (spec, message) => {
    expect(unmet('certificate', spec, exchange)).toEqual([message]);
  });

  test('without TLS nothing holds', () => {
    expect(unmet('certificate', { trusted: { not: true } }, answer(''))).toEqual([
      'trusted of the certificate cannot be read: there is no certificate, the connection was not encrypted',
    ]);
    expect(readCapture({ kind: 'certificate', spec: 'valid_to' }, exchange)).toEqual({ value: certificate.valid_to });
    expect(readCapture({ kind: 'certificate', spec: 'valid_to' }, answer(''))).toHaveProperty('error');
  });
});

test('messages: the list of what came', () => {
  const exchange = answer(['hello', '{"n":1}']);
  expect(unmet('messages', { count: 2, contains: 'hello', each: { type: 'string' } }, exchange)).toEqual([]);
  expect(unmet('messages', { count: 1 }, answer({ a: 1 }))).toEqual([
    'messages cannot be read: the answer is no list of messages',
  ]);
});

describe('css', () => {
  const page = answer(
    '<!doctype html><h1> Posts\n <b>of</b> today</h1><ul><li>a<li>b<li>c</ul><a class=next href="/p?a=1&amp;b=2">3</a>' +
      '<a>4</a><script>if (a<b) x()</script><p>',
    { headers: { 'content-type': 'text/html' } },
  );

  test('what holds', () => {
    const spec = {
      h1: 'Posts of today',
      'ul > li': { count: 3, contains: 'b', each: { matches: '^[abc]$' }, exists: true, equals: ['a', 'b', 'c'] },
      'a@href': '/p?a=1&b=2',
      'a.next': { gt: 2 },
      'a[href^="/p"]': 3,
      h2: { exists: false, count: 0 },
    };
    expect(unmet('css', spec, page)).toEqual([]);
  });

  test.each([
    [{ h1: 'Users' }, 'h1 is "Posts of today", expected "Users"'],
    [{ h2: { not: 'x' } }, 'h2 is missing, expected not "x"'],
    [{ li: 'a' }, 'li selects 3 nodes and "equals" judges one: use count, each or contains, or select less'],
    [{ li: { contains: 'z' } }, 'li is ["a","b","c"], expected to contain "z"'],
    [{ h1: { lt: 3 } }, 'h1 is a text ("Posts of today"), not a number, expected less than 3'],
  ])('%j: %s', (spec, message) => {
    expect(unmet('css', spec, page)).toEqual([message]);
  });

  test('captures: one text, or a list', () => {
    expect(readCapture({ kind: 'css', spec: 'a.next@href' }, page)).toEqual({ value: '/p?a=1&b=2' });
    expect(readCapture({ kind: 'css', spec: 'li' }, page)).toEqual({ value: ['a', 'b', 'c'] });
    expect(readCapture({ kind: 'css', spec: 'h2' }, page)).toEqual({ error: 'there is nothing at h2' });
  });

  test('JSON is no document', () => {
    expect(unmet('css', { h1: { exists: false } }, answer({ a: 1 }))).toEqual([
      'h1 cannot be read: the body is no document but JSON',
    ]);
  });
});

describe('xpath', () => {
  const feed = answer(
    '<?xml version="1.0"?><rss xmlns="urn:x" xmlns:d="urn:d"><item id="1"><title>hello</title></item>' +
      '<item id="2"><d:n>5</d:n><title><![CDATA[a<b]]></title></item></rss>',
    { headers: { 'content-type': 'application/rss+xml' } },
  );

  test('what holds, in a default namespace, in a prefixed one, and computed', () => {
    const spec = {
      '//item[1]/title': 'hello',
      '//item/title': { count: 2, contains: 'a<b' },
      '//item/@id': { each: { matches: '\\d' } },
      '//d:n': { gt: 4, equals: 5 },
      'count(//item)': { gte: 2, type: 'number' },
      'boolean(//nope)': false,
      'string(//item/@id)': '1',
      '//nope': { exists: false },
    };
    expect(unmet('xpath', spec, feed)).toEqual([]);
  });

  test('HTML, names in any case', () => {
    const page = answer('<!doctype html><ul><li>a<li>b</ul><br>&nbsp;<p>x', {
      headers: { 'content-type': 'text/html' },
    });
    expect(unmet('xpath', { '//li': { count: 2 }, '//UL/LI[2]': 'b', '//p': 'x' }, page)).toEqual([]);
  });

  test.each([
    ['<a><b></a>', 'it is no well-formed XML: Opening and ending tag mismatch: "b" != "a"'],
    ['<!DOCTYPE l [<!ENTITY a "aa">]><l>&a;</l>', 'it is no well-formed XML: entity not found:&a;'],
    [
      '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
      'it is no well-formed XML: entity not found:&a;',
    ],
    [`${'<a>'.repeat(600)}${'</a>'.repeat(600)}`, 'the body is nested deeper than 500 elements'],
    ['', 'the body is empty'],
  ])('%.60s: %s', (body, why) => {
    expect(unmet('xpath', { '//l': { exists: false } }, answer(body))).toEqual([`//l cannot be read: ${why}`]);
  });
});

test('documents that the service chose cannot hold the thread', () => {
  const flat = answer(`<r>${'<a><b/></a>'.repeat(10_000)}</r>`, { headers: { 'content-type': 'text/xml' } });
  const start = performance.now();
  expect(unmet('css', { 'r:has(a ~ a) a:nth-child(3n+1)': 'x' }, flat)[0]).toContain('took too many steps');
  expect(unmet('xpath', { '//a[count(preceding::a) mod 2 = 0]': 'x' }, flat)[0]).toContain('took too many steps');
  expect(unmet('css', { a: 'x' }, answer('<a>'.repeat(30_000)))[0]).toContain('nested deeper');
  expect(unmet('css', { a: 'x' }, answer(`<r>${'<a/>'.repeat(100_000)}</r>`))[0]).toContain('too many');
  expect(unmet('xpath', { a: 'x' }, answer(`<r>${' '.repeat(2 ** 20)}</r>`))[0]).toContain('larger than 1 MiB');
  // Well under a second on a quiet machine; unbounded, it would be minutes.
  expect(performance.now() - start).toBeLessThan(10_000);
});

describe('json_schema', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'integer' },
      title: { type: 'string', pattern: '^(a+)+$' },
      mail: { format: 'email' },
      tags: { type: 'array', uniqueItems: true, items: { type: 'string' } },
    },
  };

  test('a body that conforms, and every mismatch with its pointer', () => {
    expect(unmet('json_schema', schema, answer({ id: 1, title: 'aa', mail: 'a@b.kr', tags: ['x'] }))).toEqual([]);
    expect(
      unmet('json_schema', schema, answer({ id: '1', title: 'ab', mail: 'x', tags: ['y', 'y', 3], 'a/b': 1 })).sort(),
    ).toEqual([
      '/id must be integer, found "1"',
      '/mail must match format "email", found "x"',
      '/tags must not have the same entry twice, found ["y","y",3]',
      '/tags/2 must be string, found 3',
      '/title must match pattern "^(a+)+$", found "ab"',
      'body must not have the property "a/b", found {"id":"1","title":"ab","mail":"x","tags":["y","y",3],"a/b":1}',
    ]);
  });

  test('both drafts, by $schema', () => {
    const tuple = { items: [{ type: 'string' }], $schema: 'http://json-schema.org/draft-07/schema#' };
    expect(unmet('json_schema', tuple, answer([1]))).toEqual(['/0 must be string, found 1']);
    expect(unmet('json_schema', { prefixItems: [{ type: 'string' }] }, answer([1]))).toHaveLength(1);
  });

  test('patterns and unique entries take linear time, deep bodies are a result', () => {
    const start = performance.now();
    expect(unmet('json_schema', schema, answer({ id: 1, title: `${'a'.repeat(1_000_000)}b` }))).toHaveLength(1);
    const many = answer(Array.from({ length: 100_000 }, (_, index) => ({ index })));
    expect(unmet('json_schema', { uniqueItems: true }, many)).toEqual([]);
    const deep = { $defs: { list: { items: { $ref: '#/$defs/list' } } }, $ref: '#/$defs/list' };
    expect(unmet('json_schema', deep, answer(`${'['.repeat(50_000)}${']'.repeat(50_000)}`))).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('a schema that doubles its work with every level of a body is stopped', () => {
    const either = (type: string) => ({ allOf: [{ $ref: '#/$defs/node' }, { type }] });
    const node = { properties: { a: { anyOf: [either('string'), either('number')] } } };
    const body = `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`;
    expect(unmet('json_schema', { $ref: '#/$defs/node', $defs: { node } }, answer(body))).toEqual([
      'body must be validated in fewer steps, found a value that takes too many',
    ]);
    const circle = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } };
    expect(unmet('json_schema', circle, answer({}))[0]).toContain('its references lead in a circle');
  });

  test.each(['email', 'uri', 'date-time', 'regex', 'hostname', 'url'])('the format %s takes no long text', (format) => {
    const texts = Array.from({ length: 4_000 }, () => `http://${'f:'.repeat(990)}`);
    const anyOf = [{ format }, { format: 'email' }, {}];
    const start = performance.now();
    unmet('json_schema', { items: { anyOf } }, answer(texts));
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(unmet('json_schema', { format: 'byte' }, answer(`"${'YWJj'.repeat(10_000)}"`))).toEqual([]);
  });

  test('what is no schema fails with the reason', () => {
    expect(unmet('json_schema', { type: 'strin' }, answer({}))[0]).toContain(
      'the schema cannot be used: it is no schema',
    );
  });
});

describe('a body that the service chose cannot hold the thread', () => {
  const tags = `<l>${'<a/>'.repeat(39_000)}</l>`;
  const xml = { headers: { 'content-type': 'application/xml' } };
  const many = (name: (index: number) => string) =>
    Object.fromEntries(Array.from({ length: 200 }, (_, index) => [name(index), 'x']));

  test.each<[string, unknown, unknown]>([
    ['xpath', many((index) => `//a[preceding::a${index}]`), tags],
    ['css', many((index) => `a:nth-last-child(${index + 2}n)`), tags],
    ['regex', { '(.{0,500})$': 'x' }, 'ab'.repeat(500_000)],
    ['body', { matches: 'a.{500}c' }, `c${'ab'.repeat(500_000)}`],
    ['jsonpath', { $: { each: { matches: 'a.{0,500}c?' } } }, Array(500).fill(`${'ab'.repeat(10_000)}`)],
  ])('%s', (kind, spec, body) => {
    const start = performance.now();
    expect(unmet(kind, spec, answer(body, kind === 'xpath' || kind === 'css' ? xml : {}))[0]).toMatch(
      /too (many|much|long)|at index \d+, expected/,
    );
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('a wrong type is not an inequality', () => {
  const exchange = answer({ n: 3, text: '3', nothing: null, list: [1, 'two'] });
  test.each([
    [{ '$.n': { not: '4' } }, '$.n is a number (3), expected not "4"'],
    [{ '$.text': { not: { lt: 5 } } }, '$.text is a text ("3"), not a number, expected not less than 5'],
    [{ '$.n': { not: { contains: 1 } } }, '$.n is a number (3) and contains nothing, expected not to contain 1'],
    [{ '$.n': { not: { matches: 'x' } } }, '$.n is a number (3), not a text, expected not to match "x"'],
    [{ '$.list': { not: { each: { gt: 0 } } } }, '$.list has "two" at index 1, expected not each more than 0'],
    [{ '$.gone': { not: { exists: false } } }, '$.gone is missing, expected not not to exist'],
  ])('%j: %s', (spec, message) => {
    expect(unmet('jsonpath', spec, exchange)).toEqual([message]);
  });

  test('while null is an answer of its own, and existence can be denied', () => {
    const spec = {
      '$.n': { not: null },
      '$.nothing': { not: 'x', exists: true },
      '$.gone': { not: { exists: true } },
      '$.text': { not: { type: 'number' }, one_of: ['3'] },
    };
    expect(unmet('jsonpath', spec, exchange)).toEqual([]);
  });
});
