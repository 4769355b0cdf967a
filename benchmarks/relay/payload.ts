import { Buffer } from 'node:buffer';
import { encodeJson } from '../../monitoring/otlp/index.ts';

/** Of one request. */
export const SPANS = 512;
/** Of one datagram. */
export const LINES = 8;

/** Spans as instrumented Fastify services send them, in one OTLP request. */
export function spans(): Uint8Array {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const number = (key: string, intValue: number) => ({ key, value: { intValue } });
  const all = Array.from({ length: SPANS }, (_, index) => ({
    traceId: (index + 1).toString(16).padStart(32, 'a'),
    spanId: (index + 1).toString(16).padStart(16, 'b'),
    name: 'GET /v1/posts/:id',
    kind: 2,
    startTimeUnixNano: `17000000000${String(index).padStart(8, '0')}`,
    endTimeUnixNano: `17000000001${String(index).padStart(8, '0')}`,
    attributes: [
      text('http.request.method', 'GET'),
      text('http.route', '/v1/posts/:id'),
      text('url.path', `/v1/posts/${index}`),
      number('http.response.status_code', 200),
      text('server.address', 'localhost'),
      number('server.port', 8080),
      text('user_agent.original', 'bench/1.0'),
      text('network.protocol.version', '1.1'),
    ],
  }));
  const resource = { attributes: [text('service.name', 'shop'), text('deployment.environment.name', 'bench')] };
  return encodeJson('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: all }] }] });
}

/** Six counters and two timers with DogStatsD's tags; every one counts as one where values and timings are added up. */
export function statsdPacket(): Buffer {
  const line = (index: number) => {
    const tags = `#route:/v1/posts,method:GET,status:${200 + (index % 3)}`;
    return index < 6 ? `http.requests.${index}:1|c|${tags}` : `http.duration.${index}:12.5|ms|${tags}`;
  };
  return Buffer.from(Array.from({ length: LINES }, (_, index) => line(index)).join('\n'));
}
