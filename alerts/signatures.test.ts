import { expect, test } from '@jest/globals';
import { anyEqual, equalSecrets, headerList, headerValue, isFresh, keyedDigest } from './signatures.ts';

test('a keyed digest is that of RFC 4231, and parts count as one text', () => {
  // RFC 4231 §4.3, test case 2.
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  expect(keyedDigest('sha256', 'hex', 'Jefe', 'what do ya want for nothing?')).toBe(expected);
  expect(keyedDigest('sha256', 'hex', 'Jefe', 'what do ya ', Buffer.from('want for nothing?'))).toBe(expected);
});

test('texts of any length and alphabet compare without a throw', () => {
  expect(equalSecrets('geheim', 'geheim')).toBe(true);
  for (const other of ['', 'geheim ', 'Geheim', 'gehei', '비밀', '\ud800', 'g'.repeat(100_000)]) {
    expect(equalSecrets(other, 'geheim')).toBe(false);
  }
});

test('any of several signatures may match any of several secrets', () => {
  expect(anyEqual(['x', 'b'], ['a', 'b'])).toBe(true);
  expect(anyEqual(['x'], ['a', 'b'])).toBe(false);
  expect(anyEqual([], ['a'])).toBe(false);
  expect(anyEqual(['a'], [])).toBe(false);
});

test('a header may be missing, blank, repeated or a list', () => {
  const headers = { blank: '  ', one: ' v1=a ', list: 'v1=a, v1=b,,', twice: ['v1=a', 'v1=b'] };
  expect(headerValue({ headers }, 'missing')).toBeNull();
  expect(headerValue({ headers }, 'blank')).toBeNull();
  expect(headerValue({ headers }, 'one')).toBe('v1=a');
  expect(headerList({ headers }, 'list')).toEqual(['v1=a', 'v1=b']);
  expect(headerList({ headers }, 'twice')).toEqual(['v1=a', 'v1=b']);
  expect(headerList({ headers: { flood: 'v1=a,'.repeat(5_000) } }, 'flood')).toHaveLength(32);
});

test('what was signed more than five minutes ago, or ahead, is not fresh', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  expect([now - 300_000, now, now + 300_000].map((at) => isFresh(at, now))).toEqual([true, true, true]);
  expect([now - 300_001, now + 300_001, Number.NaN].map((at) => isFresh(at, now))).toEqual([false, false, false]);
});
