import { Buffer } from 'node:buffer';
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../core/clock.ts';
import type { Backend } from '../../monitoring/exporter.ts';
import { decodeTraces, encodeJson, inspect } from '../../monitoring/otlp/index.ts';
import { RelayService } from '../../monitoring/relay/service.ts';
import { decodeStatsd, walkStatsd } from '../../monitoring/statsd/index.ts';
import type { Suite } from '../suite.ts';

const SPANS = 512;
const WARM_UP_SPANS = 200 * SPANS;

export const suite: Suite = {
  title: 'Relay: OTLP in, spooled, handed over',
  async run({ quick, progress }) {
    const payload = spans();
    const seconds = quick ? 2 : 8;
    const rows: string[][] = [];
    const leg = (name: string, micros: number, target: string) => {
      progress(`${name}: ${micros.toFixed(2)} µs`);
      rows.push([name, micros.toFixed(2), target]);
      return micros;
    };
    leg(
      'check and count a span',
      spin(() => inspect('traces', payload), SPANS),
      '',
    );
    leg(
      'decode a span into an object',
      spin(() => decodeTraces(payload), SPANS),
      '',
    );
    const lines = statsdPacket();
    leg(
      'check a StatsD line',
      spin(() => walkStatsd(lines, () => undefined), 8),
      '',
    );
    leg(
      'check a StatsD line and read it again',
      spin(() => walkStatsd(lines, () => undefined), 8) + spin(() => decodeStatsd(lines), 8),
      '1.2',
    );
    const plain = leg(
      'span: OTLP in → fdatasync → read back → handed over',
      await relayLeg(payload, undefined, seconds),
      '4',
    );
    leg('the same, gzip', await relayLeg(gzipSync(payload, { level: 1 }), 'gzip', seconds), '');
    return {
      method: [
        `CPU of the whole relay process per item, from the operating system's accounting; the sender is a process of its own with 8 connections and ${SPANS} spans of ${Math.round(payload.length / SPANS)} bytes a request.`,
        'Answers come after fdatasync; the backend counts items and does nothing else, so what a real backend encodes comes on top.',
        'The StatsD legs leave the socket out.',
      ],
      versions: { node: process.versions.node },
      table: { columns: ['leg', 'µs CPU', 'target'], rows },
      findings: [
        plain <= 4
          ? `A span costs ${plain.toFixed(2)} µs, within 4.`
          : `A span costs ${plain.toFixed(2)} µs: over the target of 4.`,
        'The OpenTelemetry Collector with a durable queue took 13.5–15 µs a span on an earlier, quiet machine; it was not run beside this.',
      ],
    };
  },
};

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** µs of CPU for one of `items`, over half a second after a warm-up. */
function spin(work: () => unknown, items: number): number {
  for (let end = performance.now() + 200; performance.now() < end; ) work();
  const before = cpuMicros();
  let rounds = 0;
  for (let end = performance.now() + 500; performance.now() < end; rounds++) work();
  return (cpuMicros() - before) / rounds / items;
}

async function relayLeg(body: Buffer | Uint8Array, encoding: string | undefined, seconds: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-bench-'));
  let handed = 0;
  const counting: Backend = {
    type: 'counting',
    create: () => ({
      exporter: {
        start: async () => undefined,
        shutdown: async () => undefined,
        export: async ({ records }) => {
          const traces = records.reduce((sum, { items }) => sum + items, 0);
          handed += traces;
          return { accepted: { traces }, rejected: [] };
        },
      },
    }),
  };
  const backends = [{ name: 'counting', type: 'counting', dataDir: join(folder, 'counting') }];
  const service = new RelayService(
    { dataDir: folder, host: '127.0.0.1', otlpPort: 0, statsdPort: 0, backends },
    {
      clock: systemClock,
      random: Math.random,
      loadBackend: async () => counting,
      log: (_, message) => console.error(message),
    },
  );
  const { otlpPort } = await service.start();
  const sender = fork(join(import.meta.dirname, 'sender.ts'), [String(otlpPort), encoding ?? '']);
  const gone = new Promise<void>((resolve) => sender.once('exit', () => resolve()));
  try {
    sender.send(Buffer.from(body).toString('base64'));
    while (handed < WARM_UP_SPANS) await systemClock.timer(10);
    const [cpu, items] = [cpuMicros(), handed];
    await systemClock.timer(seconds * 1_000);
    return (cpuMicros() - cpu) / (handed - items);
  } finally {
    sender.kill('SIGKILL');
    await gone;
    await service.shutdown(AbortSignal.timeout(3_000));
    await rm(folder, { recursive: true, force: true });
  }
}

function spans(): Uint8Array {
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
  return encodeJson('traces', { resourceSpans: [{ scopeSpans: [{ spans: all }] }] });
}

function statsdPacket(): Buffer {
  const line = (_: unknown, index: number) => `http.requests.${index}:1|c|#route:/v1/posts,method:GET`;
  return Buffer.from(Array.from({ length: 8 }, line).join('\n'));
}
