import { expect, test } from '@jest/globals';
import { refusedRanges } from './refused-ranges.ts';

test.each([
  [['127.0.0.1'], '127.0.0.0/8'],
  [['10.1.2.3'], '10.0.0.0/8'],
  [['::1'], '::1/128'],
  [['fd12::1'], 'fc00::/7'],
])('a service at %s may be asked, other private addresses may not', (targets, range) => {
  const refused = refusedRanges(targets);
  expect(refused).not.toContain(range);
  expect(refused).toEqual(
    expect.arrayContaining(['169.254.0.0/16', '192.168.0.0/16', 'fe80::/10', 'fd00:ec2::254/128']),
  );
});

test('a public service leaves all private addresses refused', () => {
  const refused = refusedRanges(['93.184.216.34', '2606:2800:220:1::1']);
  expect(refused).toEqual(expect.arrayContaining(['127.0.0.0/8', '10.0.0.0/8', '::1/128', 'fc00::/7']));
});
