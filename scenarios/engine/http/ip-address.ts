import { isIPv4, isIPv6 } from 'node:net';

/**
 * `public`: anyone may be asked. `private`: loopback, private and reserved ranges, reachable only where listed.
 * `forbidden`: link-local and cloud metadata addresses, never.
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

const ipv4 = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const range = (cidr: string): [number, number] => {
  const [address, bits] = cidr.split('/');
  return [ipv4(address!), 2 ** (32 - Number(bits))];
};

// 169.254.0.0/16 holds most clouds' metadata; the two single addresses are Alibaba's and Azure's.
const FORBIDDEN_V4 = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
].map(range);
// RFC 6890 and the IANA IPv4 special-purpose registry.
const PRIVATE_V4 = [
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
].map(range);

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
  if (isIPv4(address)) return classifyV4(ipv4(address));
  const plain = address.split('%')[0]!;
  if (!isIPv6(plain)) return 'forbidden';
  return classifyV6(groupsOf(plain));
}

function classifyV4(address: number): AddressClass {
  const within = ([start, size]: [number, number]) => address >= start && address < start + size;
  if (FORBIDDEN_V4.some(within)) return 'forbidden';
  return PRIVATE_V4.some(within) ? 'private' : 'public';
}

function classifyV6(groups: number[]): AddressClass {
  const [first, second, third, fourth, fifth, sixth, seventh, eighth] = groups as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const embedded = (high: number, low: number) => classifyV4(high * 65_536 + low);
  const leadingZeros = groups.slice(0, 5).every((group) => group === 0);
  if (leadingZeros && sixth === 0xffff) return embedded(seventh, eighth);
  if (leadingZeros && sixth === 0)
    return seventh === 0 && eighth <= 1 ? 'private' : stricter(embedded(seventh, eighth));
  // Translated by a network that speaks IPv6 alone (RFC 2765).
  if (groups.slice(0, 4).every((group) => group === 0) && fifth === 0xffff && sixth === 0) {
    return stricter(embedded(seventh, eighth));
  }
  // NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056) carry an IPv4 address that the network will really reach.
  if (first === 0x64 && second === 0xff9b && [third, fourth, fifth, sixth].every((group) => group === 0)) {
    return embedded(seventh, eighth);
  }
  if (first === 0x64 && second === 0xff9b) return stricter(embedded(seventh, eighth));
  if (first === 0x2002) return embedded(second, third);
  if ((first & 0xffc0) === 0xfe80 || (first & 0xff00) === 0xff00) return 'forbidden';
  // AWS, Oracle and Google answer for metadata on unique local addresses.
  if (first === 0xfd00 && (second === 0xec2 || second === 0xc1)) return 'forbidden';
  if (first === 0xfd20 && second === 0xce) return 'forbidden';
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0) return 'private';
  if (first === 0x2001 && (second === 0 || second === 0xdb8)) return 'private';
  // Documentation (RFC 9637) and segment routing (RFC 9602).
  if ((first === 0x3fff && second < 0x1000) || first === 0x5f00) return 'private';
  if (first === 0x100 && second === 0 && third === 0 && fourth === 0) return 'private';
  return 'public';
}

const stricter = (found: AddressClass): AddressClass => (found === 'forbidden' ? 'forbidden' : 'private');

function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const value = dotted ? ipv4(dotted[2]!) : 0;
  const text = dotted ? `${dotted[1]}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}` : address;
  const [head = '', tail] = text.split('::');
  const parse = (half: string) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16)));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
