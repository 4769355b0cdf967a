import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Relay } from '../../monitoring/relay/supervisor.ts';
import { groupCpuMicros } from '../../test/backends/servers/process-group.ts';
import { startTelegraf, type TelegrafPorts } from '../../test/backends/servers/telegraf.ts';
import { type Leg, type Round, settled, startRelay } from './legs.ts';
import { LINES } from './payload.ts';
import { type Peer, startPeer } from './peer.ts';
import type { Arrived } from './sink.ts';
import type { SendMetrics } from './statsd-sender.ts';

/** 160,000 metrics a second: a busy site's, and less than what either loses. */
const PACKETS_PER_SECOND = 20_000;

/** Everyone that takes StatsD over UDP: started, idle, with one sender for all. */
export async function startStatsdLegs(): Promise<{ legs: Leg[]; stop(): Promise<void> }> {
  const sender = startPeer<SendMetrics, number>('statsd-sender.ts');
  const sink = startPeer<object, Arrived>('sink.ts');
  const legs: Leg[] = [];
  const stop = async () => {
    await Promise.all([sender.stop(), sink.stop(), ...legs.map((leg) => leg.stop())]);
  };
  try {
    const { url } = await sink.ask({});
    for (const [name, backend] of [
      ['Ringdown: UDP → spool → handed over', { type: 'counting' }],
      ['Ringdown: UDP → spool → aggregated, OTLP', { type: 'otlp', url, gzip: false }],
    ] as const) {
      const started = await startRelay(backend);
      const { relay } = started;
      legs.push({
        ...started,
        name,
        round: (amount) => round(sender, Number(relay.statsdAddress.split(':').at(-1)), amount, () => delivered(relay)),
      });
    }
    const telegraf = await startTelegraf({ config: intoFile });
    const { statsd } = telegraf.ports;
    legs.push({
      name: 'Telegraf: UDP → aggregated → file',
      round: (amount) => round(sender, statsd, amount, async () => counted(join(telegraf.folder, 'metrics.jsonl'))),
      cpuMicros: () => groupCpuMicros(telegraf.pid),
      stop: () => telegraf.stop(),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { legs, stop };
}

async function round(
  sender: Peer<SendMetrics, number>,
  port: number,
  amount: number,
  total: () => Promise<number>,
): Promise<Round> {
  const before = await total();
  const sent = await sender.ask({ port, packets: amount / LINES, perSecond: PACKETS_PER_SECOND });
  return { sent, arrived: (await settled(before + sent, total)) - before };
}

async function delivered(relay: Relay): Promise<number> {
  const { backends } = await relay.status();
  return backends[0]!.ledger.reduce((sum, row) => sum + row.delivered, 0);
}

/** What counters and timers add up to, of all that Telegraf has written so far. */
function counted(file: string): number {
  if (!existsSync(file)) return 0;
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.reduce((sum, line) => {
    const { fields } = JSON.parse(line) as { fields: { value?: number; count?: number } };
    return sum + (fields.value ?? fields.count ?? 0);
  }, 0);
}

function intoFile({ statsd }: TelegrafPorts, folder: string): string {
  return `
[agent]
  interval = "1s"
  flush_interval = "1s"
  omit_hostname = true
[[inputs.statsd]]
  protocol = "udp"
  service_address = "127.0.0.1:${statsd}"
  read_buffer_size = ${4 * 2 ** 20}
  datadog_extensions = true
  metric_separator = "."
  percentiles = [50.0, 95.0, 99.0]
[[outputs.file]]
  files = ["${folder}/metrics.jsonl"]
  data_format = "json"
`;
}
