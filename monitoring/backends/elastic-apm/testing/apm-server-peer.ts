import { decodeMetrics } from '../../../otlp/index.ts';
import { type OtlpPeer, partial, status } from '../../../otlp-http/testing/otlp-peer.ts';

export const SECRET_TOKEN = 'a-secret-token';

/**
 * Lets a stand-in refuse what APM Server refuses, after its documentation and its published source (elastic/apm-data,
 * input/otlp): other tokens (401), exponential histograms, numbers that are none, histograms without bounds.
 */
export function enforceApmServer(peer: OtlpPeer): void {
  peer.judges.push(({ headers, signal, bytes }) => {
    if (headers.authorization !== `Bearer ${SECRET_TOKEN}`) return status(401, 'authentication failed');
    if (signal !== 'metrics') return undefined;
    const points = decodeMetrics(bytes);
    const unsupported = points.filter(
      (point) =>
        point.type === 'exponential_histogram' ||
        (point.type === 'histogram' && point.bounds.length === 0) ||
        ((point.type === 'gauge' || point.type === 'sum') && !Number.isFinite(point.value)),
    );
    if (unsupported.length === 0) return undefined;
    peer.points.push(...points.filter((point) => !unsupported.includes(point)));
    return partial(unsupported.length, 'unsupported data points');
  });
}
