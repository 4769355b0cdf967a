import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import type { Batch, SpoolRecord } from '../exporter.ts';
import { batchOf, type LogSeed, logsRecord, type SpanSeed, spansRecord, statsdRecord } from './payloads.ts';

export interface Request {
  traceId: string;
  spanId: string;
  /** Unix nanoseconds. */
  startNs: bigint;
  durationNs: bigint;
  service: string;
  route: string;
  method: string;
  status: number;
  client: string;
  user: string | null;
  synthetic: boolean;
}

export interface Message {
  timeNs: bigint;
  severityNumber: number;
  text: string;
  traceId: string;
  spanId: string;
  service: string;
}

/** One hour of a shop's telemetry: what was sent, and as batches. The same every time. */
export interface Traffic {
  /** Unix milliseconds; a whole minute. */
  from: number;
  to: number;
  requests: Request[];
  messages: Message[];
  /** StatsD counter `orders`: [Unix milliseconds of receipt, increment]. */
  orders: [number, number][];
  batches: Batch[];
}

const HOUR_MS = 3_600_000;
const ROUTES = ['/v1/posts', '/v1/posts/:id', '/v1/users', "/v1/o'brien/:id"];
const WORDS = [
  'connected to the store',
  'no such column: author_id',
  'Slow Query took 812 ms',
  '100% sure_thing*',
  'it\'s "quoted" \\ back',
];
const RECORD_ITEMS = 200;

/** @param from Unix milliseconds, rounded down to a minute */
export function hourOfTraffic(from: number, requestCount = 3_000): Traffic {
  const start = from - (from % 60_000);
  const random = seededRandom(20);
  const pick = <T>(options: readonly T[]): T => options[Math.floor(random() * options.length)]!;
  const requests = Array.from({ length: requestCount }, (_, index): Request => {
    const service = index % 6 === 0 ? 'billing' : 'shop';
    return {
      traceId: randomHex(random, 32),
      spanId: randomHex(random, 16),
      startNs:
        BigInt(start) * 1_000_000n + BigInt(Math.floor(random() * HOUR_MS * 1_000)) * 1_000n + BigInt(index % 1_000),
      durationNs: BigInt(Math.floor(Math.exp(13 + random() * 6))),
      service,
      route: pick(ROUTES),
      method: pick(['GET', 'POST']),
      status: random() < 0.07 ? 503 : random() < 0.1 ? 404 : 200,
      client: `10.0.0.${Math.floor(random() ** 2 * 40)}`,
      user: random() < 0.8 ? `user-${Math.floor(random() * 200)}` : null,
      synthetic: random() < 0.15,
    };
  });
  const messages = requests.slice(0, Math.floor(requestCount / 3)).map(
    (request, index): Message => ({
      timeNs: request.startNs + 1_000n,
      severityNumber: pick([5, 9, 9, 9, 13, 17, 21]),
      text: `${pick(WORDS)} #${index}`,
      traceId: request.traceId,
      spanId: request.spanId,
      service: request.service,
    }),
  );
  const orders = Array.from({ length: 120 }, (_, index): [number, number] => [
    start + index * 30_000 + 7,
    1 + Math.floor(random() * 9),
  ]);
  return { from: start, to: start + HOUR_MS, requests, messages, orders, batches: batches(requests, messages, orders) };
}

function batches(requests: Request[], messages: Message[], orders: Traffic['orders']): Batch[] {
  const records: SpoolRecord[] = [];
  const place = (receivedAt: number) => ({ position: records.length * 1_000, receivedAt });
  const msOf = (ns: bigint) => Number(ns / 1_000_000n);
  for (const service of ['shop', 'billing']) {
    const resource = { 'service.name': service, 'service.version': '1.2.3', 'deployment.environment.name': 'test' };
    const own = requests.filter((request) => request.service === service).sort(byStart);
    for (let at = 0; at < own.length; at += RECORD_ITEMS) {
      const part = own.slice(at, at + RECORD_ITEMS);
      records.push(spansRecord(place(msOf(part.at(-1)!.startNs)), part.map(spanSeed), resource));
    }
    const said = messages.filter((message) => message.service === service);
    for (let at = 0; at < said.length; at += RECORD_ITEMS) {
      const part = said.slice(at, at + RECORD_ITEMS);
      records.push(logsRecord(place(msOf(part[0]!.timeNs)), part.map(logSeed), resource));
    }
  }
  for (const [receivedAt, count] of orders) {
    records.push(statsdRecord(place(receivedAt), [`orders:${count}|c`, 'queue.depth:7|g|#queue:mail']));
  }
  return Array.from({ length: Math.ceil(records.length / 20) }, (_, index) =>
    batchOf(...records.slice(index * 20, index * 20 + 20)),
  );
}

function byStart(a: Request, b: Request): number {
  return a.startNs < b.startNs ? -1 : 1;
}

function spanSeed(request: Request): SpanSeed {
  return {
    traceId: request.traceId,
    spanId: request.spanId,
    name: `${request.method} ${request.route}`,
    startNs: request.startNs,
    durationNs: request.durationNs,
    status: request.status >= 500 ? 2 : 0,
    attributes: {
      'http.request.method': request.method,
      'http.route': request.route,
      'http.response.status_code': request.status,
      'url.path': `${request.route}/${request.spanId}`,
      'client.address': request.client,
      ...(request.user === null ? {} : { 'user.id': request.user }),
      ...(request.synthetic ? { 'user_agent.synthetic.type': 'test' } : {}),
    },
  };
}

function logSeed({ timeNs, severityNumber, text, traceId, spanId }: Message): LogSeed {
  return { timeNs, severityNumber, body: text, traceId, spanId };
}
