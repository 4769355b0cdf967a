import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import type { SpoolRecord } from '../../monitoring/exporter.ts';
import { spansRecord } from '../../monitoring/testing/payloads.ts';

const ROUTES = [
  '/v1/posts',
  '/v1/posts/:id',
  '/v1/users/:id',
  '/v1/sessions',
  '/v1/feed',
  '/v1/search',
  '/healthz',
  '/v1/likes',
];
const AGENTS = Array.from({ length: 20 }, (_, index) => `Mozilla/5.0 (X11; Linux x86_64) Firefox/${100 + index}.0`);

/** Records of SERVER spans with nine attributes, `stepNs` apart; the same for the same seed. */
export function serverSpans(
  seed: number,
  records: number,
  perRecord: number,
  startNs: bigint,
  stepNs: bigint,
): SpoolRecord[] {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  let at = startNs;
  return Array.from({ length: records }, (_, position) => {
    const spans = Array.from({ length: perRecord }, () => {
      const route = pick(ROUTES);
      const method = pick(['GET', 'GET', 'GET', 'POST']);
      at += stepNs;
      return {
        traceId: randomHex(random, 32),
        spanId: randomHex(random, 16),
        parentSpanId: random() < 0.5 ? randomHex(random, 16) : '',
        name: `${method} ${route}`,
        startNs: at,
        durationNs: BigInt(Math.floor(Math.exp(random() * 4 + 13))),
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'url.path': route.replace(':id', String(Math.floor(random() * 1e6))),
          'url.scheme': 'https',
          'server.address': 'api.example.com',
          'client.address': `10.0.${Math.floor(random() * 8)}.${Math.floor(random() * 250)}`,
          'user_agent.original': pick(AGENTS),
          'http.response.status_code': random() < 0.01 ? 500 : 200,
          'network.protocol.version': '1.1',
        },
      };
    });
    return spansRecord({ position, receivedAt: Number(at / 1_000_000n) }, spans, {
      'service.name': 'reference-api',
      'service.version': '4.12',
    });
  });
}
