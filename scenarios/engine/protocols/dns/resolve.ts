import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { RecordType } from './spec.ts';

export interface Answered {
  /** RCODE (RFC 1035 §4.1.1). */
  readonly status: number;
  readonly statusName: string;
  /** One value or mapping for each record, in the order they came. */
  readonly records: readonly unknown[];
}

/** What the resolver calls the response codes that are answers, though not those that one hoped for. */
const RCODES: Record<string, [status: number, name: string]> = {
  ENODATA: [0, 'NOERROR'],
  EFORMERR: [1, 'FORMERR'],
  ESERVFAIL: [2, 'SERVFAIL'],
  ENOTFOUND: [3, 'NXDOMAIN'],
  ENOTIMP: [4, 'NOTIMP'],
  EREFUSED: [5, 'REFUSED'],
};

const ATTEMPTS = { timeout: 1_000, tries: 4, maxTimeout: 4_000 };

/**
 * Asks for records.
 * @param server `ip:port`; null for this machine's own
 * @throws whatever the resolver throws when there was no answer at all
 */
export async function ask(
  name: string,
  type: RecordType,
  server: string | null,
  abort: AbortSignal,
): Promise<Answered> {
  // Not every packet arrives: one that nobody answers within a second is sent again.
  const resolver = new Resolver(ATTEMPTS);
  if (server !== null) resolver.setServers([server]);
  const cancel = () => resolver.cancel();
  abort.addEventListener('abort', cancel, { once: true });
  try {
    return { status: 0, statusName: 'NOERROR', records: await recordsOf(resolver, name, type) };
  } catch (error) {
    const code = RCODES[String((error as { code?: unknown }).code)];
    if (!code) throw error;
    return { status: code[0], statusName: code[1], records: [] };
  } finally {
    abort.removeEventListener('abort', cancel);
  }
}

async function recordsOf(resolver: Resolver, name: string, type: RecordType): Promise<unknown[]> {
  switch (type) {
    case 'A':
      return await resolver.resolve4(name, { ttl: true });
    case 'AAAA':
      return await resolver.resolve6(name, { ttl: true });
    case 'CAA':
      return await resolver.resolveCaa(name);
    case 'CNAME':
      return await resolver.resolveCname(name);
    case 'MX':
      return await resolver.resolveMx(name);
    case 'NS':
      return await resolver.resolveNs(name);
    case 'PTR':
      return isIP(name) ? await resolver.reverse(name) : await resolver.resolvePtr(name);
    case 'SOA':
      return [await resolver.resolveSoa(name)];
    case 'SRV':
      return await resolver.resolveSrv(name);
    case 'TXT':
      // A text may come in pieces of 255 bytes, which belong together (RFC 7208 §3.3).
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
  }
}
