import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** The certificate of the other side of a TLS connection; part of a run's result, hence snake_case. */
export interface PeerCertificate {
  /** `CN=api.example.com, O=Example`. */
  subject: string;
  issuer: string;
  /** DNS names and IP addresses of subjectAltName; the common name where there are none. */
  names: string[];
  /** RFC 3339, UTC. */
  valid_from: string;
  valid_to: string;
  /** Hexadecimal digits in lower case. */
  fingerprint_sha256: string;
  serial: string;
  /** Whether it was issued, by someone trusted here, for this name and this time. */
  trusted: boolean;
  /** OpenSSL's or Node's code for why it is not, such as CERT_HAS_EXPIRED. */
  untrusted_reason: string | null;
  /** From the server's own certificate up to the last one that is known. */
  chain: { subject: string; issuer: string; valid_to: string }[];
}

/** @returns null where the other side showed none */
export function peerCertificate(socket: TLSSocket): PeerCertificate | null {
  const own = socket.getPeerCertificate(true);
  if (!own?.raw) return null;
  const reason = socket.authorized ? null : socket.authorizationError;
  return {
    subject: nameOf(own.subject),
    issuer: nameOf(own.issuer),
    names: namesOf(own),
    valid_from: instantOf(own.valid_from),
    valid_to: instantOf(own.valid_to),
    fingerprint_sha256: own.fingerprint256.replaceAll(':', '').toLowerCase(),
    serial: own.serialNumber.toLowerCase(),
    trusted: socket.authorized,
    untrusted_reason: reason ? ((reason as Error & { code?: string }).code ?? String(reason)) : null,
    chain: chainOf(own),
  };
}

/** Longer chains are cut; OpenSSL itself gives up at 100. */
const LONGEST_CHAIN = 10;

function chainOf(own: DetailedPeerCertificate): PeerCertificate['chain'] {
  const chain: PeerCertificate['chain'] = [];
  let one: DetailedPeerCertificate | undefined = own;
  while (one?.raw && chain.length < LONGEST_CHAIN) {
    chain.push({ subject: nameOf(one.subject), issuer: nameOf(one.issuer), valid_to: instantOf(one.valid_to) });
    // A root names itself as its issuer.
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return chain;
}

function nameOf(name: DetailedPeerCertificate['subject'] | undefined): string {
  return Object.entries(name ?? {})
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${key}=${one}`))
    .join(', ');
}

function namesOf({ subjectaltname, subject }: DetailedPeerCertificate): string[] {
  const listed = (subjectaltname ?? '').split(', ').flatMap((entry) => {
    const found = /^(?:DNS|IP Address):"?([^"]+)"?$/.exec(entry);
    return found ? [found[1]!] : [];
  });
  if (listed.length > 0) return listed;
  const common: unknown = subject?.CN;
  return typeof common === 'string' ? [common] : [];
}

/** Node gives `Nov 23 06:49:22 2026 GMT`. */
function instantOf(written: string): string {
  const at = new Date(written);
  return Number.isNaN(at.getTime()) ? written : at.toISOString();
}
