import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../install/influxdb.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

/** InfluxDB 1.x without authentication. Its configuration turns off what calls out and what records itself. */
export async function startInfluxdb(): Promise<Server> {
  const given = process.env.INFLUXDB_URL;
  if (given) return givenServer('INFLUXDB_URL', given, await versionAt(given));
  return await startServer({
    name: 'InfluxDB',
    async prepare(folder) {
      const command = await install();
      const [http, rpc] = [await freePort(), await freePort()];
      const url = `http://127.0.0.1:${http}`;
      const config = join(folder, 'influxdb.conf');
      writeFileSync(
        config,
        `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
[monitor]
  store-enabled = false
`,
      );
      return { command, args: ['-config', config], url, answers: () => versionAt(url) };
    },
  });
}

async function versionAt(url: string): Promise<string> {
  const answer = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(5_000) });
  const version = answer.headers.get('x-influxdb-version');
  if (!version) throw new Error(`${url} is no InfluxDB: GET /ping answered ${answer.status} without a version`);
  return version;
}
