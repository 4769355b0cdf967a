import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createStatsd } from '../../monitoring/backends/statsd/index.ts';
import type { Batch, Exported, Exporter } from '../../monitoring/exporter.ts';
import { batchOf, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { startTelegraf, type TelegrafServer } from './servers/telegraf.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
let telegraf: TelegrafServer;
let output: string;
let names = 0;
const exporters: Exporter[] = [];

beforeAll(async () => {
  telegraf = await startTelegraf({
    config({ statsd, other }, folder) {
      output = join(folder, 'metrics.influx');
      const input = (protocol: string, port: number) => `
[[inputs.statsd]]
  protocol = "${protocol}"
  service_address = "127.0.0.1:${port}"
  datadog_extensions = true
  metric_separator = "."
`;
      return `
[agent]
  interval = "200ms"
  flush_interval = "200ms"
  omit_hostname = true
${input('udp', statsd)}${input('tcp', other)}
[[outputs.file]]
  files = ["${output}"]
  data_format = "influx"
`;
    },
  });
  verifies({ backend: 'statsd', against: 'real', by: `Telegraf ${telegraf.version}` });
}, 600_000);

afterAll(async () => {
  for (const exporter of exporters) await exporter.shutdown(AbortSignal.abort());
  await telegraf?.stop();
});

async function started(protocol: 'udp' | 'tcp'): Promise<Exporter> {
  const port = protocol === 'udp' ? telegraf.ports.statsd : telegraf.ports.other;
  const dataDir = join(telegraf.folder, `repeater-${names++}`);
  const settings = { name: 'telegraf', type: 'statsd', dataDir, url: `${protocol}://127.0.0.1:${port}` };
  const { exporter } = createStatsd(settings, systemClock);
  await exporter.start();
  exporters.push(exporter);
  return exporter;
}

/** Lines of a counter in records of 500, each worth 1, with a tag of ten values. */
function counted(name: string, lines: number): Batch {
  const records = [];
  for (let from = 0; from < lines; from += 500) {
    const some = Array.from({ length: 500 }, (_, index) => `${name}:1|c|#shard:${index % 10}`);
    records.push(statsdRecord({ position: from, receivedAt: 1 }, some));
  }
  return batchOf(...records);
}

/** Sum of a counter over everything that Telegraf has put out. */
function sum(name: string): number {
  const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
  return [...text.matchAll(new RegExp(`^${name},[^ ]* value=(\\d+)i `, 'gm'))].reduce(
    (all, [, value]) => all + Number(value),
    0,
  );
}

/** The sum once two flushes have changed nothing. */
async function settledSum(name: string, least: number): Promise<number> {
  for (let quiet = 0, last = -1; quiet < 3; ) {
    await delay(400);
    const now = sum(name);
    quiet = now === last && now >= least ? quiet + 1 : 0;
    last = now;
  }
  return sum(name);
}

async function untilTaken(
  exporter: Exporter,
  batch: Batch,
  timeoutMs: number,
): Promise<{ exported: Exported; attempts: number }> {
  let left = batch;
  for (let attempts = 1; ; attempts++) {
    const exported = await exporter.export(left, AbortSignal.timeout(timeoutMs));
    if (!exported.retry) return { exported, attempts };
    left = exported.retry;
    await delay(100);
  }
}

test.each(['tcp', 'udp'] as const)(
  'lines with tags arrive over %s, every one',
  async (protocol) => {
    const exporter = await started(protocol);
    const name = `plain_${protocol}`;
    const exported = await exporter.export(counted(name, 40_000), forever);
    expect(exported).toEqual({ accepted: { metrics: 40_000 }, rejected: [] });
    expect(await settledSum(name, 40_000)).toBe(40_000);
  },
  120_000,
);

test('a server that stands still gets what it was sent once, however often it is tried', async () => {
  const exporter = await started('tcp');
  telegraf.pause();
  const taking = untilTaken(exporter, counted('paused', 10_000), 500);
  await delay(3_000);
  telegraf.resume();
  const { exported, attempts } = await taking;
  expect(attempts).toBeGreaterThan(2);
  expect(exported.accepted).toEqual({ metrics: 10_000 });
  expect(await settledSum('paused', 10_000)).toBe(10_000);
}, 120_000);

test('a server that is killed gets what it had not read when it is back', async () => {
  const exporter = await started('tcp');
  await telegraf.kill();
  const failed = await exporter.export(counted('killed', 5_000), forever);
  expect(failed.retry?.records).toHaveLength(10);
  expect(failed.error?.message).toContain('ECONNREFUSED');
  await telegraf.restart();
  const { exported } = await untilTaken(exporter, failed.retry!, 30_000);
  expect(exported.accepted).toEqual({ metrics: 5_000 });
  expect(await settledSum('killed', 5_000)).toBe(5_000);
}, 120_000);
