import { isIPv4, isIPv6 } from 'node:net';
import { FORBIDDEN_RANGES, PRIVATE_RANGES, rangeCheck } from './address-ranges.ts';

/**
 * `public`: anyone may be asked. `private`: loopback, private and reserved ranges, reachable only where listed.
 * `forbidden`: link-local and cloud metadata addresses, never.
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

const isForbidden = rangeCheck(FORBIDDEN_RANGES);
const isPrivate = rangeCheck(PRIVATE_RANGES);

/** Every step of every run asks, about the same few addresses. */
const known = new Map<string, AddressClass>();
const MOST_KNOWN = 1_000;

/** @param address a valid IP address, IPv6 without brackets; a zone id is ignored */
export function classifyAddress(address: string): AddressClass {
  let found = known.get(address);
  if (found === undefined) {
    found = classify(address);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(address, found);
  }
  return found;
}

function classify(address: string): AddressClass {
  if (isIPv4(address)) return classifyPlain(address);
  const plain = address.split('%')[0]!;
  if (!isIPv6(plain)) return 'forbidden';
  return classifyEmbedded(groupsOf(plain)) ?? classifyPlain(plain);
}

function classifyPlain(address: string): AddressClass {
  if (isForbidden(address)) return 'forbidden';
  return isPrivate(address) ? 'private' : 'public';
}

/** Of an IPv6 address that carries an IPv4 address, which the network will really reach; undefined for any other. */
function classifyEmbedded(groups: number[]): AddressClass | undefined {
  const [first, second, third, , fifth, sixth, seventh, eighth] = groups as Groups;
  const zeros = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  const last = () => classifyPlain(dotted(seventh, eighth));
  if (zeros(0, 5) && sixth === 0xffff) return last();
  if (zeros(0, 6)) return seventh === 0 && eighth <= 1 ? undefined : stricter(last());
  // Translated by a network that speaks IPv6 alone (RFC 2765).
  if (zeros(0, 4) && fifth === 0xffff && sixth === 0) return stricter(last());
  // NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056).
  if (first === 0x64 && second === 0xff9b) return zeros(2, 6) ? last() : stricter(last());
  if (first === 0x2002) return classifyPlain(dotted(second, third));
  return undefined;
}

type Groups = [number, number, number, number, number, number, number, number];

const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');

const stricter = (found: AddressClass): AddressClass => (found === 'forbidden' ? 'forbidden' : 'private');

function groupsOf(address: string): number[] {
  const [, before = address, ...ends] = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address) ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = ends.map(Number);
  const text = ends.length > 0 ? `${before}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}` : address;
  const [head = '', tail] = text.split('::');
  const parse = (half: string) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16)));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
