import { expect, test } from '@jest/globals';
import { rangeCheck } from '../engine/http/address-ranges.ts';
import { classifyAddress } from '../engine/http/ip-address.ts';
import { refusedRanges } from './refused-ranges.ts';

test.each([
  [['127.0.0.1'], '127.0.0.0/8'],
  [['10.1.2.3'], '10.0.0.0/8'],
  [['::1'], '::/127'],
  [['fd12::1'], 'fc00::/7'],
])('a service at %s may be asked, other private addresses may not', (targets, range) => {
  const refused = refusedRanges(targets);
  expect(refused).not.toContain(range);
  expect(targets.some(rangeCheck(refused))).toBe(false);
  expect(refused).toEqual(
    expect.arrayContaining(['169.254.0.0/16', '192.168.0.0/16', 'fe80::/10', 'fd00:ec2::/32', 'fd20:ce::/32']),
  );
});

test('a public service leaves all private addresses refused', () => {
  const refused = refusedRanges(['93.184.216.34', '2606:2800:220:1::1']);
  expect(refused).toEqual(expect.arrayContaining(['127.0.0.0/8', '10.0.0.0/8', '::/127', 'fc00::/7']));
});

test.each([
  ...['8.8.8.8', '127.0.0.1', '169.254.169.254', '172.31.255.255', '172.32.0.1', '100.100.100.200', '255.255.255.255'],
  ...['2606:4700::1111', '::', '::1', '::7f00:1', '::ffff:8.8.8.8', '::ffff:10.0.0.1', '::ffff:0:808:808'],
  ...['64:ff9b::808:808', '64:ff9b::a9fe:a9fe', '64:ff9b::a00:1', '64:ff9b:1::808:808'],
  ...[
    '2002:808:808::1',
    '2002:a9fe:a9fe::1',
    '2002:c0a8:101::',
    '2001:0:1::1',
    '2001:db8::1',
    '3fff:fff::1',
    '3fff:1000::1',
  ],
  ...[
    'fd00:ec2::254',
    'fd00:c1::a9fe:a9fe',
    'fd20:ce::254',
    'fd12::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '5f00::1',
    '100::1',
  ],
])('%s is refused as the engine refuses it', (address) => {
  expect(rangeCheck(refusedRanges([]))(address)).toBe(classifyAddress(address) !== 'public');
});
