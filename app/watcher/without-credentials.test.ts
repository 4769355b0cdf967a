import { expect, test } from '@jest/globals';
import { withoutCredentials } from './without-credentials.ts';

test.each([
  ['401 for Authorization: Bearer abcdefgh12345678', '401 for Authorization: [redacted] [redacted]'],
  ['connect postgres://shop:pa55@db:5432/x failed', 'connect postgres://[redacted]@db:5432/x failed'],
  ['login {"password":"hunter2","user":"kim"}', 'login {"password":[redacted],"user":"kim"}'],
  ['GET /x?api_key=s3cr3t&page=2', 'GET /x?api_key=[redacted]&page=2'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired', 'jwt [redacted] expired'],
  ['refresh_token=abc, next', 'refresh_token=[redacted], next'],
])('%s', (written, shown) => expect(withoutCredentials(written)).toBe(shown));

test.each([
  'connection refused to db:5432',
  'no such column: author_id',
  'the token expired',
  'https://example.com/a@b',
])('%s stays as it is', (text) => expect(withoutCredentials(text)).toBe(text));

test('a long line without an end takes no time to speak of', () => {
  const hostile = `${'password='.repeat(2_000)}${'a:'.repeat(5_000)}`;
  const begun = process.cpuUsage().user;
  withoutCredentials(hostile);
  // Microseconds; quadratic in this length would be many seconds.
  expect(process.cpuUsage().user - begun).toBeLessThan(2_000_000);
});
