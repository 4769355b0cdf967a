import { BlockList, isIPv6 } from 'node:net';

/** Never a target: link-local and cloud metadata addresses, multicast; as scenarios/engine/http/ip-address.ts has them. */
const NEVER = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254/128',
];
/** Loopback, private and reserved addresses (RFC 6890): targets only where the service under test has one. */
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '::1/128',
  'fc00::/7',
];

/**
 * Ranges that k6 must not connect to, whatever a template, a capture or a redirect says: what the engine refuses, as far as
 * it can be said by address alone.
 * @param targets addresses of what may be asked
 */
export function refusedRanges(targets: readonly string[]): string[] {
  return [...NEVER, ...PRIVATE.filter((range) => !targets.some((address) => isWithin(address, range)))];
}

function isWithin(address: string, range: string): boolean {
  const [network, bits] = range.split('/') as [string, string];
  if (isIPv6(address) !== isIPv6(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
