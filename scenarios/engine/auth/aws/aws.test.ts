import { expect, test } from '@jest/globals';
import { sign } from './index.ts';

const at = new Date('2015-08-30T12:36:00Z');
const example = {
  service: 'service',
  region: 'us-east-1',
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const request = (method: string, url: string, headers = {}, body: string | null = null) => ({
  method,
  url: new URL(url),
  headers,
  body,
  maxRedirects: 0,
});
const signature = ({ authorization }: Record<string, string>) => /Signature=(.*)$/.exec(authorization ?? '')?.[1];

/** The signatures of the test suite that AWS publishes for Signature Version 4, and of its documentation. */
test.each([
  ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
])('%s', async (_, method, path, expected) => {
  const headers = await sign(example, request(method, `https://example.amazonaws.com${path}`), at);
  expect(headers['x-amz-date']).toBe('20150830T123600Z');
  expect(headers.authorization).toContain(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ',
  );
  expect(signature(headers)).toBe(expected);
});

test('the content type is covered: ListUsers of IAM', async () => {
  const url = 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08';
  const type = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', accept: '*/*', 'user-agent': 'x' };
  const headers = await sign({ ...example, service: 'iam' }, request('GET', url, type), at);
  expect(signature(headers)).toBe('5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
});

test('S3 is told the digest of the body, temporary credentials carry their token', async () => {
  const url = 'https://examplebucket.s3.amazonaws.com/a%20b';
  const headers = await sign(
    { ...example, service: 's3', session_token: 'a-token' },
    request('PUT', url, {}, 'hello'),
    at,
  );
  expect(headers).toMatchObject({
    'x-amz-content-sha256': '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    'x-amz-security-token': 'a-token',
    authorization: expect.stringContaining('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,'),
  });
  expect(Object.keys(headers)).not.toContain('host');
});
