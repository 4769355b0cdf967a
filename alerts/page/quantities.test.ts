import { expect, test } from '@jest/globals';
import { spokenQuantities } from './quantities.ts';
import { spoken } from './spoken.ts';

test.each([
  ['2.1 s', 'two point one seconds'],
  ['1 s', 'one second'],
  ['0.05 s', 'zero point zero five seconds'],
  ['500ms', '500 milliseconds'],
  ['12.5%', 'twelve point five percent'],
  ['1250.5 ms', '1250.5 milliseconds'],
  ['3 GiB', 'three gibibytes'],
  ['40 MB/s', 'forty megabytes per second'],
  ['20/s', 'twenty per second'],
  ['-3 d', 'minus three days'],
  ['p99 > 2 s', 'the ninety-ninth percentile above two seconds'],
  ['errors ≥ 5%', 'errors at least five percent'],
  ['status 500, expected 201', 'status 500, expected 201'],
  ['version 4.12 s3 bucket', 'version 4.12 s3 bucket'],
  ['10.0.0.1 sent', '10.0.0.1 sent'],
  ['5xx', '5xx'],
  ['55.6×, more than 14.4×', 'fifty-five point six times, more than fourteen point four times'],
  ['from 78 to 161 (+106%)', 'from 78 to 161 (up 106 percent)'],
])('"%s" is spoken as "%s"', (written, said) => {
  expect(spokenQuantities(written)).toBe(said);
});

test.each([
  ['GET /v1/posts/{id} is slow', 'GET v1 posts id is slow'],
  ['24/7 and and/or stay', '24/7 and and/or stay'],
])('%s: paths are spoken without their slashes', (written, said) => {
  expect(spoken(written)).toBe(said);
});

test('a hostile number is left as it is', () => {
  const digits = '1'.repeat(50_000);
  expect(spokenQuantities(`${digits} s`)).toBe(`${digits} seconds`);
});

test.each([
  ['connect ECONNREFUSED 10.0.0.1:8080', 'connection refused'],
  ['Instance 10.0.0.1:9100 down', 'Instance an address down'],
  ['the certificate of 127.0.0.1:9443 ends in 5 d', 'the certificate of an address ends in five days'],
])('"%s": an address that the sentence needs leaves a word behind', (written, said) => {
  expect(spoken(written)).toBe(said);
});

test('what is too long for a breath ends with a clause', () => {
  const burns =
    'error budget of 99.9% of runs of post-journey burns 250× as fast as allowed over 5 min, more than 14.4× of it';
  expect(spoken(burns)).toMatch(/ as fast as allowed over five minutes$/);
});
