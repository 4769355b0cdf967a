import { expect, test } from '@jest/globals';
import { withoutCredentials } from './without-credentials.ts';

test.each([
  ['401 for Authorization: Bearer abcdefgh12345678', '401 for Authorization: [redacted]'],
  ['connect postgres://shop:pa55@db:5432/x failed', 'connect postgres://[redacted]@db:5432/x failed'],
  ['login {"password":"hunter2","user":"kim"}', 'login {"password":[redacted],"user":"kim"}'],
  ['GET /x?api_key=s3cr3t&page=2', 'GET /x?api_key=[redacted]&page=2'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired', 'jwt [redacted] expired'],
  ['refresh_token=abc, next', 'refresh_token=[redacted], next'],
  ['{"accessToken":"a\\"b","clientSecret":"x","n":1}', '{"accessToken":[redacted],"clientSecret":[redacted],"n":1}'],
  ['{"authorization":"ApiKey abc","n":1}', '{"authorization":[redacted],"n":1}'],
  ['Cookie: theme=dark; session=s3cr3t', 'Cookie: [redacted]'],
  ['Basic c2hvcDpwYTU1 refused', 'Basic [redacted] refused'],
  ['mysql://shop:p@55@db/x is away', 'mysql://[redacted]@db/x is away'],
  ['key AKIAIOSFODNN7EXAMPLE is disabled', 'key [redacted] is disabled'],
])('%s', (written, shown) => expect(withoutCredentials(written)).toBe(shown));

test.each([
  'connection refused to db:5432',
  'no such column: author_id',
  'the token expired',
  'https://example.com/a@b',
])('%s stays as it is', (text) => expect(withoutCredentials(text)).toBe(text));

test('lines of strangers take no time to speak of, whatever they repeat', () => {
  const repeated = [
    'a-',
    'a.',
    'a_',
    'a:',
    'a://',
    '://a:',
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa.',
    'password=',
    'token="',
    'token ',
    "token='\\",
  ];
  const lines = repeated.map((text) => text.repeat(Math.ceil(20_000 / text.length)));
  const begun = process.cpuUsage().user;
  for (const line of lines) withoutCredentials(line);
  // Microseconds; one that is quadratic in this length takes seconds alone.
  expect(process.cpuUsage().user - begun).toBeLessThan(1_000_000);
});
