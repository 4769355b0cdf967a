import { BlockList, isIPv6 } from 'node:net';

/**
 * Never a target: link-local, multicast, and addresses at which clouds answer for metadata. 169.254.0.0/16 holds most of
 * those; the single ones are Alibaba's and Azure's, those of fd00::/8 of AWS, Oracle and Google.
 */
export const FORBIDDEN_RANGES = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  'fd00:c1::/32',
  'fd20:ce::/32',
];

/** Loopback, private and reserved (RFC 6890 and the IANA registries of special-purpose addresses). */
export const PRIVATE_RANGES = [
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
  '::/127',
  'fc00::/7',
  'fec0::/10',
  '100::/64',
  // Teredo; documentation (RFC 3849, RFC 9637); segment routing (RFC 9602).
  '2001::/32',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
];

/** @returns whether a valid IP address, without a zone id, is in one of the ranges */
export function rangeCheck(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, bits] = range.split('/') as [string, string];
    list.addSubnet(network, Number(bits), family(network));
  }
  return (address) => list.check(address, family(address));
}

function family(address: string) {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
