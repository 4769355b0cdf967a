import type { Timings } from '../../../run-result.ts';
import { createExchange, type Exchange, type HeaderFields } from '../../exchange.ts';
import { noFiles } from '../../files.ts';
import type { PeerCertificate } from '../../http/certificate.ts';
import { assertionKind } from '../registry.ts';

const timings: Timings = {
  dns_ms: null,
  connect_ms: 2,
  tls_ms: null,
  first_byte_ms: 100,
  download_ms: 20.25,
  total_ms: 122.25,
  connection_reused: false,
};

/** When every answer of a test came. */
export const NOW = Date.parse('2026-11-23T00:00:00Z');

export interface AnswerParts {
  status?: number | null;
  statusName?: string;
  headers?: HeaderFields;
  redirects?: Exchange['redirects'];
  certificate?: PeerCertificate;
}

/** An exchange with this body; what is no text becomes JSON. */
export function answer(body: unknown, parts: AnswerParts = {}): Exchange {
  const { status = 200, statusName = null, headers = {}, redirects = [], certificate = null } = parts;
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return createExchange({
    request: { method: 'GET', url: 'http://127.0.0.1/' },
    response: { status, statusName, headers, body: bytes },
    timings,
    at: NOW,
    redirects,
    certificate,
  });
}

/** The messages of what did not hold; empty when all did. A kind that judges nothing at all is a mistake of the test. */
export function unmet(key: string, written: unknown, exchange: Exchange): string[] {
  const kind = assertionKind(key)!;
  const results = kind.evaluate(kind.normalize(written, noFiles), exchange);
  if (results.length === 0) throw new Error(`${key} judged nothing`);
  return results.filter(({ passed }) => !passed).map(({ message }) => message);
}
