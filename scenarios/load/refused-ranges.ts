import { isIPv6 } from 'node:net';
import { FORBIDDEN_RANGES, PRIVATE_RANGES, rangeCheck } from '../engine/http/address-ranges.ts';

/** Loopback, private and reserved addresses, and all that carry an IPv4 address in ways that hardly anyone uses. */
const PRIVATE = [...PRIVATE_RANGES, '::/96', '::ffff:0:0:0/96', '64:ff9b:1::/48'];

/**
 * Ranges that k6 must not connect to, whatever a template, a capture or a redirect says: what the engine refuses, as far as
 * it can be said by address alone.
 * @param targets addresses of what may be asked
 */
export function refusedRanges(targets: readonly string[]): string[] {
  const refused = PRIVATE.filter((range) => !targets.some(rangeCheck([range])));
  return [...FORBIDDEN_RANGES, ...refused].flatMap((range) => [range, ...translated(range)]);
}

/** The same IPv4 addresses by NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function translated(range: string): string[] {
  const [network, bits] = range.split('/') as [string, string];
  if (isIPv6(network)) return [];
  const [a, b, c, d] = network.split('.').map(Number) as [number, number, number, number];
  const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  return [`64:ff9b::${groups}/${96 + Number(bits)}`, `2002:${groups}::/${16 + Number(bits)}`];
}
