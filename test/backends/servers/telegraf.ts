import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, VERSION } from '../install/telegraf.ts';
import { listensOnUdp } from './ready.ts';
import { freePort, type Server, startServer } from './server.ts';

export interface TelegrafOptions {
  /** telegraf.conf (TOML). It has to take StatsD over UDP at this port: that is how it is known to run. */
  config(ports: TelegrafPorts, folder: string): string;
  /** For `${NAME}` in the configuration. */
  env?: Record<string, string>;
}

export interface TelegrafPorts {
  statsd: number;
  /** Free for another input of the configuration. */
  other: number;
}

/** Telegraf's `url` is that of its StatsD input (`udp://…`). */
export interface TelegrafServer extends Server {
  readonly ports: TelegrafPorts;
}

export async function startTelegraf({ config, env }: TelegrafOptions): Promise<TelegrafServer> {
  let ports: TelegrafPorts = { statsd: 0, other: 0 };
  const server = await startServer({
    name: 'Telegraf',
    async prepare(folder) {
      const chosen = { statsd: await freePort(), other: await freePort() };
      ports = chosen;
      const path = join(folder, 'telegraf.conf');
      writeFileSync(path, config(chosen, folder));
      return {
        command: await install(),
        args: ['--config', path],
        ...(env && { env }),
        url: `udp://127.0.0.1:${chosen.statsd}`,
        async answers() {
          await listensOnUdp(chosen.statsd);
          return VERSION;
        },
      };
    },
  });
  return Object.assign(server, { ports });
}

/** Counters, gauges and timers every `interval`, with DogStatsD's tags, into an InfluxDB 1.x. */
export function statsdIntoInfluxdb(influxdbUrl: string, database: string, interval = '1s') {
  return ({ statsd }: TelegrafPorts): string => `
[agent]
  interval = "${interval}"
  flush_interval = "${interval}"
  omit_hostname = true
[[inputs.statsd]]
  protocol = "udp"
  service_address = "127.0.0.1:${statsd}"
  datadog_extensions = true
  metric_separator = "."
  percentiles = [50.0, 95.0, 99.0]
[[outputs.influxdb]]
  urls = ["${influxdbUrl}"]
  database = "${database}"
`;
}
