import { join } from 'node:path';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { StatsdForwarder } from '../../statsd/index.ts';
import { readConfig } from './config.ts';
import { TickExporter } from './exporter.ts';
import { InfluxClient } from './influx/client.ts';
import { provision } from './influx/provision.ts';
import { TickReader } from './reader.ts';
import { forTelegraf } from './telegraf-line.ts';

export function createTick(settings: BackendSettings, clock: Clock): { exporter: TickExporter; reader: TickReader } {
  const config = readConfig(settings);
  const { telegraf } = config;
  const forwarding = { folder: join(config.dataDir, 'telegraf'), clock, rewrite: forTelegraf };
  const exporter = new TickExporter({
    connect: () => new InfluxClient(config),
    clock,
    ...(telegraf ? { forwarder: () => new StatsdForwarder({ ...forwarding, target: telegraf }) } : {}),
  });
  return { exporter, reader: new TickReader(new InfluxClient(config)) };
}

/** InfluxDB 1.x, 2 or 3, and Telegraf in front of it for StatsD if wished; Chronograf and Kapacitor read the rest. */
export const backend: Backend = {
  type: 'tick',
  create: (settings) => createTick(settings, systemClock),
  async provision(settings, abort) {
    const config = readConfig(settings);
    const client = new InfluxClient(config);
    try {
      return await provision(client, abort);
    } finally {
      client.close();
    }
  },
};
