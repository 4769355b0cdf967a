import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REDACTED, Redactor } from './redactor.ts';
import { tokensInForm, tokensInJson } from './token-fields.ts';

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

test('data is cleaned in all strings and keys, and shared where nothing changed', () => {
  const redactor = new Redactor(['canary-1', '1234567']);
  const clean = { a: 1, list: ['x'] };
  const data = { clean, headers: { 'x-canary-1': 'y' }, deep: [{ text: 'a canary-1' }, 1234567] };
  const copy = redactor.data(data);
  expect(JSON.stringify(copy)).not.toMatch(/canary-1|1234567/);
  expect(copy.clean).toBe(clean);
  expect(data.deep[0]).toEqual({ text: 'a canary-1' });
});

describe('token-like fields', () => {
  const values = (text: string, find = tokensInJson) => find(text).map(({ start, end }) => text.slice(start, end));

  test('in JSON, cut off or not', () => {
    const text = '{"access_token" : "abc\\"d","Password":"x", "token_type":"bearer","otp":123456,"password":"cut of';
    expect(values(text)).toEqual(['abc\\"d', 'x', '123456', 'cut of']);
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
    ]) {
      tokensInJson(text);
      tokensInForm(text);
    }
    expect(performance.now() - before).toBeLessThan(1_500);
  });
});
