import { type DecodedPoint, decodeLogs, decodeMetrics, decodeTraces } from '../../../otlp/index.ts';
import type { OtlpPeer, PeerRequest } from '../../../otlp-http/testing/otlp-peer.ts';
import { status } from '../../../otlp-http/testing/otlp-peer.ts';
import type { Attributes } from '../../../telemetry.ts';
import { LIMITS } from '../limits.ts';

export const LICENSE_KEY = 'a-license-key';

/**
 * Lets a stand-in refuse what New Relic's documentation says it refuses: other keys (403), requests above 1 MB (413). What
 * New Relic takes with 200 and finds wrong later, it notes where NrIntegrationError would be.
 * @returns the notes
 */
export function enforceNewRelic(peer: OtlpPeer): string[] {
  const integrationErrors: string[] = [];
  peer.judges.push((request) => {
    if (request.headers['api-key'] !== LICENSE_KEY) return status(403, 'Invalid license key');
    if (request.wireBytes > LIMITS.requestBytes) return status(413, 'Payload too large');
    integrationErrors.push(...wrongWith(request));
    return undefined;
  });
  return integrationErrors;
}

function wrongWith({ signal, bytes }: PeerRequest): string[] {
  switch (signal) {
    case 'traces':
      return decodeTraces(bytes).flatMap(({ attributes, resource }) => [...wrong(attributes), ...wrong(resource)]);
    case 'logs':
      return decodeLogs(bytes).flatMap(({ attributes, resource }) => [...wrong(attributes), ...wrong(resource)]);
    case 'metrics':
      return decodeMetrics(bytes).flatMap((point) => [...wrong(point.attributes), ...wrongTemporality(point)]);
  }
}

function wrong(attributes: Attributes): string[] {
  const found: string[] = [];
  if (Object.keys(attributes).length > LIMITS.attributesPerItem) found.push('too many attributes');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.length > LIMITS.attributeName) found.push('attribute name too long');
    if (typeof value === 'string' && value.length > LIMITS.attributeValue) found.push('attribute value too long');
    if (Array.isArray(value) && value.length > LIMITS.arrayEntries) found.push('attribute array too long');
  }
  return found;
}

function wrongTemporality(point: DecodedPoint): string[] {
  if (point.type === 'sum' && point.monotonic && point.temporality !== 'delta')
    return ['a monotonic sum is not a delta'];
  if (point.type === 'sum' && !point.monotonic && point.temporality === 'delta') return ['a delta is not monotonic'];
  const isHistogram = point.type === 'histogram' || point.type === 'exponential_histogram';
  return isHistogram && point.temporality !== 'delta' ? ['a histogram is not a delta'] : [];
}
