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
