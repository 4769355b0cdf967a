import { join } from 'node:path';
import { type CollectorPorts, startCollector } from '../../test/backends/servers/collector.ts';
import { groupCpuMicros } from '../../test/backends/servers/process-group.ts';
import { type Leg, type Round, settled, startRelay } from './legs.ts';
import { SPANS } from './payload.ts';
import { type Peer, startPeer } from './peer.ts';
import type { SendSpans, SentSpans } from './sender.ts';
import type { Arrived } from './sink.ts';

export interface SpanLegs {
  /** Both outputs, one output, and the Collector; first as they are, then with gzip on every connection. */
  legs: Leg[];
  stop(): Promise<void>;
}

/** Everyone that takes spans, durably, and hands them on: started, idle, with one sender and one sink for all. */
export async function startSpanLegs(): Promise<SpanLegs> {
  const sender = startPeer<SendSpans, SentSpans>('sender.ts');
  const sink = startPeer<object, Arrived>('sink.ts');
  const legs: Leg[] = [];
  const stop = async () => {
    await Promise.all([sender.stop(), sink.stop(), ...legs.map((leg) => leg.stop())]);
  };
  try {
    const { url } = await sink.ask({});
    for (const gzip of [false, true]) {
      const suffix = gzip ? ', gzip' : '';
      const to = { url, gzip };
      const both = await startRelay({ type: 'otlp', ...to }, { type: 'elasticsearch', ...to });
      legs.push({
        ...both,
        name: `Ringdown: OTLP → spool → OTLP + Elasticsearch bulk${suffix}`,
        round: (amount) => round({ sender, sink, url: both.relay.otlpUrl, gzip, bulk: true }, amount),
      });
      const one = await startRelay({ type: 'otlp', ...to });
      legs.push({
        ...one,
        name: `Ringdown: OTLP → spool → OTLP${suffix}`,
        round: (amount) => round({ sender, sink, url: one.relay.otlpUrl, gzip, bulk: false }, amount),
      });
      const collector = await startCollector((ports, folder) => durable(ports, folder, url, gzip));
      legs.push({
        name: `Collector: OTLP → file_storage → OTLP${suffix}`,
        round: (amount) => round({ sender, sink, url: collector.url, gzip, bulk: false }, amount),
        cpuMicros: () => groupCpuMicros(collector.pid),
        stop: () => collector.stop(),
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { legs, stop };
}

interface Way {
  sender: Peer<SendSpans, SentSpans>;
  sink: Peer<object, Arrived>;
  url: string;
  gzip: boolean;
  /** Bulk documents are waited for as well. */
  bulk: boolean;
}

async function round({ sender, sink, url, gzip, bulk }: Way, amount: number): Promise<Round> {
  await sink.ask({});
  const { spans: sent } = await sender.ask({ url, gzip, requests: amount / SPANS });
  const arrived = { spans: 0, documents: 0, bytes: 0 };
  const through = await settled(sent, async () => {
    const more = await sink.ask({});
    arrived.spans += more.spans;
    arrived.documents += more.documents;
    arrived.bytes += more.bytes;
    return bulk ? Math.min(arrived.spans, arrived.documents) : arrived.spans;
  });
  return { sent, arrived: through, bytes: arrived.bytes };
}

/** A sending queue on disk; requests go on as they came, which is the least work. The file is not synced (its default). */
function durable({ http, grpc }: CollectorPorts, folder: string, url: string, gzip: boolean): object {
  return {
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } } },
    },
    extensions: { file_storage: { directory: join(folder, 'queue'), create_directory: true } },
    exporters: {
      otlp_http: {
        endpoint: url,
        compression: gzip ? 'gzip' : 'none',
        sending_queue: { enabled: true, storage: 'file_storage', queue_size: 10_000 },
      },
    },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http'] } },
    },
  };
}
