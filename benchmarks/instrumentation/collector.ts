import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startElasticApmPeer, startNewRelicPeer } from '../../test/support/agent-peers.ts';
import type { Leg } from './legs.ts';

/** What the collector listens on. */
export interface Listening {
  port: number;
  statsdPort: number;
  elasticApmPort: number;
  newRelicPort: number;
}

/** Spans of kind SERVER, all spans, log records, bytes and requests that one leg has exported. */
export interface Received {
  serverSpans: number;
  spans: number;
  logs: number;
  bytes: number;
  requests: number;
  statsdPackets: number;
}

/**
 * Receives and counts what every leg exports, told apart by the path; in a process of its own, started with IPC.
 * Sends its ports at the start and the counts by leg whenever it is sent `counts`.
 */
const received: Record<string, Received> = {};
const of = (leg: string): Received => {
  received[leg] ??= { serverSpans: 0, spans: 0, logs: 0, bytes: 0, requests: 0, statsdPackets: 0 };
  return received[leg];
};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [, leg = '', , signal] = request.url?.split('/') ?? [];
    const body = Buffer.concat(chunks);
    const counts = of(leg);
    counts.requests++;
    counts.bytes += body.length;
    if (signal !== 'metrics') countItems(body, signal === 'traces', counts);
    response.end();
  });
});

/** Walks request → resource → scope → item by field numbers alone, which are the same for traces and logs. */
function countItems(body: Buffer, traces: boolean, counts: Received): void {
  for (const resource of fields(body, 1)) {
    for (const scope of fields(resource, 2)) {
      for (const item of fields(scope, 2)) {
        if (!traces) counts.logs++;
        else {
          counts.spans++;
          if (isServer(item)) counts.serverSpans++;
        }
      }
    }
  }
}

function* fields(message: Buffer, wanted: number): Generator<Buffer> {
  const cursor = { position: 0 };
  while (cursor.position < message.length) {
    const key = varint(message, cursor);
    const length = lengthOf(message, key & 7, cursor);
    if (key >>> 3 === wanted) yield message.subarray(cursor.position, cursor.position + length);
    cursor.position += length;
  }
}

const KIND_FIELD = 6;
const SERVER = 2;

function isServer(span: Buffer): boolean {
  const cursor = { position: 0 };
  while (cursor.position < span.length) {
    const key = varint(span, cursor);
    if (key >>> 3 === KIND_FIELD) return varint(span, cursor) === SERVER;
    const length = lengthOf(span, key & 7, cursor);
    cursor.position += length;
  }
  return false;
}

/** Bytes of the value at the cursor, which is left at its beginning. */
function lengthOf(message: Buffer, wireType: number, cursor: { position: number }): number {
  if (wireType === 2) return varint(message, cursor);
  if (wireType === 1) return 8;
  if (wireType === 5) return 4;
  const start = cursor.position;
  varint(message, cursor);
  const length = cursor.position - start;
  cursor.position = start;
  return length;
}

function varint(message: Buffer, cursor: { position: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = message[cursor.position++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}

const statsd = createSocket('udp4');
statsd.on('message', () => of('ours-statsd' satisfies Leg).statsdPackets++);
await new Promise<void>((resolve) => statsd.bind(0, '127.0.0.1', resolve));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const agents = { 'elastic-apm': await startElasticApmPeer(), newrelic: await startNewRelicPeer() };
process.on('message', (message) => {
  if (message !== 'counts') return;
  for (const [leg, { transactions, spans, bytes }] of Object.entries(agents)) {
    // A transaction is to them what a SERVER span is to OpenTelemetry.
    Object.assign(of(leg), { serverSpans: transactions.length, spans: spans + transactions.length, bytes });
  }
  process.send?.({ counts: received });
});
process.on('disconnect', () => process.exit(0));
process.send?.({
  port: (server.address() as AddressInfo).port,
  statsdPort: statsd.address().port,
  elasticApmPort: agents['elastic-apm'].port,
  newRelicPort: agents.newrelic.port,
} satisfies Listening);
