import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunResult } from '../../run-result.ts';
import { REDACTED, Redactor, WITHHELD } from './redactor.ts';
import { RunEvidence } from './run-evidence.ts';
import { isSecretHeader } from './secret-headers.ts';
import { isTokenName, tokensInForm, tokensInJson } from './token-fields.ts';

const SECRET = 'p@ss/w"örd+ 1';

describe('a secret disappears from text', () => {
  const redactor = new Redactor([SECRET]);
  test.each([
    ['as it is', SECRET],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['URL-encoded in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['form-encoded', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in a URL', new URL(`http://x/?a=${encodeURIComponent(SECRET)}`).href.slice(12)],
    ['escaped for JSON', JSON.stringify({ a: SECRET }).slice(6, -2)],
    ['JSON inside JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['in HTML', SECRET.replace('"', '&quot;')],
    ['in XML by number', SECRET.replace('"', '&#34;')],
    ['in XML by hexadecimal number', SECRET.replace('"', '&#x22;')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
  ])('%s', (_how, form) => {
    const clean = redactor.text(`before ${form} after`);
    expect(clean).toContain(REDACTED);
    expect(clean).not.toContain(form.slice(2, 9));
  });

  test('wherever it stands within longer base64, such as Basic credentials', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 30 }),
        fc.string({ maxLength: 10 }),
        fc.string({ maxLength: 10 }),
        fc.constantFrom('base64', 'base64url'),
        (secret, before, after, encoding) => {
          const text = Buffer.from(before + secret + after).toString(encoding as BufferEncoding);
          const clean = new Redactor([secret]).text(text);
          // What is left of the secret is less than a character at either end.
          expect(clean.length - REDACTED.length).toBeLessThanOrEqual(
            Buffer.from(before + after).toString('base64').length + 6,
          );
          expect(clean).toContain(REDACTED);
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
});

test('text without a secret stays as it is, and short secrets go only where they stand alone', () => {
  const redactor = new Redactor(['abc', '$x']);
  expect(redactor.text('abcdef abc "abc"')).toBe(`abcdef ${REDACTED} "${REDACTED}"`);
  expect(redactor.text('nothing here')).toBe('nothing here');
});

test('a thousand short secrets take no longer than one', () => {
  const short = Array.from({ length: 1_000 }, (_, index) => index.toString(36).padStart(3, '-'));
  const clean = new Redactor(short).text(`${'-ab x '.repeat(20_000)}`);
  expect(clean.slice(0, 20)).toBe(`${REDACTED} x [redact`);
});

test('where a service makes the search take too long, nothing is shown', () => {
  const redactor = new Redactor(Array.from({ length: 900 }, (_, index) => 'a'.repeat(40) + index));
  expect(redactor.text('a'.repeat(60_000))).toBe(WITHHELD);
  expect(redactor.text('anything')).toBe(WITHHELD);
});

test('data is cleaned in all strings and keys, and shared where nothing changed', () => {
  const redactor = new Redactor(['canary-1', '1234567']);
  const clean = { a: 1, list: ['x'] };
  const data = { clean, headers: { 'x-canary-1': 'y' }, deep: [{ text: 'a canary-1' }, 1234567] };
  const copy = redactor.data(data);
  expect(JSON.stringify(copy)).not.toMatch(/canary-1|1234567/);
  expect(copy.clean).toBe(clean);
  expect(data.deep[0]).toEqual({ text: 'a canary-1' });
});

test('headers that carry credentials', () => {
  const names = [
    'authorization',
    'cookie',
    'set-cookie',
    'proxy-authorization',
    'x-api-key',
    'x-auth-token',
    'api-key',
  ];
  const more = ['x-csrf-token', 'token', 'session-id', 'x-amz-security-token', 'private-token'];
  expect([...names, ...more].filter((name) => !isSecretHeader(name))).toEqual([]);
  expect(['accept', 'x-request-id', 'etag', 'www-authenticate', 'host'].filter(isSecretHeader)).toEqual([]);
});

describe('token-like fields', () => {
  const values = (text: string, find = tokensInJson) => find(text).map(({ start, end }) => text.slice(start, end));

  test('in JSON, cut off or not', () => {
    const text = '{"access_token" : "abc\\"d","Password":"x", "token_type":"bearer","otp":123456,"password":"cut of';
    expect(values(text)).toEqual(['abc\\"d', 'x', '123456', 'cut of']);
  });

  test('in JSON that is a text in JSON, however often', () => {
    const inner = JSON.stringify({ a: 'x"y', password: 'se"c\\ret', n: 1, nested: { otp: 123456 }, token: 'abc' });
    let text = inner;
    for (let level = 0; level < 4; level++) {
      text = JSON.stringify([text, { token: 'outer' }, 'plain "token": no']);
      let clean = text;
      for (const { start, end } of tokensInJson(text).reverse()) clean = clean.slice(0, start) + clean.slice(end);
      expect(clean).not.toMatch(/se\\*"c|123456|abc|outer/);
      expect(clean).toContain('plain');
      expect(() => JSON.parse(clean)).not.toThrow();
    }
    expect(values('["{\\"password\\" : \\"cut of')).toEqual(['cut of']);
  });

  test('in any JSON, wherever it is cut off, as a regular expression finds them', () => {
    const field = /"((?:[^"\\]|\\.){1,40})"\s*:\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?$)|(-?\d[^,}\]\s]*))/g;
    const tokens = (text: string) =>
      [...text.matchAll(field)].flatMap(([, name, string, number]) => {
        const value = string || number;
        return value && isTokenName(name!) ? [value] : [];
      });
    const name = fc.constantFrom('password', 'access-token', 'Otp', 'id', 'a\\"b', '');
    const scalar = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('a"b', '\\', '","otp":"'),
      fc.integer(),
      fc.boolean(),
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
      object: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    })).object;
    fc.assert(
      fc.property(json, fc.constantFrom(0, 1), fc.nat(), (document, indent, cut) => {
        const text = JSON.stringify(document, null, indent);
        expect(values(text)).toEqual(tokens(text));
        const part = text.slice(0, cut % text.length);
        // A backslash at the very end belongs to whatever was cut off.
        const trimmed = values(part).map((value, index, all) =>
          index === all.length - 1 ? value.replace(/\\$/, '') : value,
        );
        expect(trimmed.filter((value) => value !== '')).toEqual(
          tokens(part).map((value, index, all) => (index === all.length - 1 ? value.replace(/\\$/, '') : value)),
        );
      }),
      { seed: 12, numRuns: 2_000 },
    );
  });

  test('in forms and queries', () => {
    expect(values('user=a&password=b%20c&token=', tokensInForm)).toEqual(['b%20c']);
    expect(values('http://x/?access_token=abc&b=1#f', tokensInForm)).toEqual(['abc']);
  });

  test('a hostile body takes no longer than its length allows', () => {
    const before = performance.now();
    for (const text of [
      '"'.repeat(65_536),
      '"a":"'.repeat(13_000),
      `"password":"${'\\'.repeat(65_000)}`,
      '{"a'.repeat(20_000),
      `"${' '.repeat(65_000)}`,
      `"a"${' '.repeat(65_000)}`,
      '\\"a\\":\\"'.repeat(8_000),
      '\\"token\\":\\'.repeat(8_000),
      `\\"token\\":\\"${'\\\\\\"'.repeat(16_000)}`,
      `${'\\'.repeat(65_000)}"`,
      '\\\\"'.repeat(20_000),
    ]) {
      tokensInJson(text);
      tokensInForm(text);
    }
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe('more secrets than can be searched for', () => {
  const evidenceOf = (act: (evidence: RunEvidence) => void, body: string) => {
    const evidence = new RunEvidence(['declared-secret']);
    act(evidence);
    const kept = evidence.body(body, 'application/json')!;
    const start = performance.now();
    const run = evidence.finish({ attempts: [], watcher_fault: null } as unknown as RunResult);
    expect(performance.now() - start).toBeLessThan(10_000);
    return { text: kept.text, run };
  };

  test('withhold what might hold one of them, and take no longer for it', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `item-${index}`);
    for (const secret of [many, 'x'.repeat(3_000_000), many.slice(0, 20_000)]) {
      const { text } = evidenceOf((evidence) => evidence.addSecret(secret), '{"a":"item-199999 xxxxxxx"}');
      expect(text).toMatch(/^\[withheld/);
    }
  });

  test('tokens are masked where they stand, however many there are', () => {
    const tokens = Array.from({ length: 1_500 }, (_, index) => ({ n: index, token: `tok-${index}-abc` }));
    const { text } = evidenceOf(() => {}, JSON.stringify([...tokens, { say: 'declared-secret tok-7-abc' }]));
    expect(text).not.toMatch(/tok-\d|declared-secret/);
    expect(text).toContain('"n":1499,"token":"[redacted]"');
  });
});

test('tokens in headers that hold a URL are masked, in query and fragment', () => {
  const evidence = new RunEvidence([]);
  const url = '/back?access_token=canary-1111&page=2#id_token=canary-2222&state=on';
  const kept = evidence.headers({ location: url, link: `<${url}>; rel="next"`, etag: 'tag' });
  const clean = '/back?access_token=[redacted]&page=2#id_token=[redacted]&state=on';
  expect(kept).toEqual({ location: clean, link: `<${clean}>; rel="next"`, etag: 'tag' });
});
