import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../install/kapacitor.ts';
import { ask } from './ready.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

export interface KapacitorOptions {
  /** The InfluxDB that it subscribes to. */
  influxdbUrl: string;
  /** TICKscripts by name; each says its `dbrp`. They are enabled at start. */
  tasks?: Record<string, string>;
  /** Handlers of topics (YAML) by name. */
  handlers?: Record<string, string>;
  /** Further sections of kapacitor.conf (TOML), such as `[[httppost]]`. */
  config?: string;
}

/** Kapacitor with an InfluxDB beside it. KAPACITOR_URL is taken instead, and then has the tasks that it has. */
export async function startKapacitor(options: KapacitorOptions): Promise<Server> {
  const given = process.env.KAPACITOR_URL;
  if (given) return givenServer('KAPACITOR_URL', given, await versionAt(given));
  return await startServer({
    name: 'Kapacitor',
    async prepare(folder) {
      const port = await freePort();
      const path = join(folder, 'kapacitor.conf');
      writeFileSync(path, configuration(folder, port, options));
      write(join(folder, 'load/tasks'), options.tasks, '.tick');
      write(join(folder, 'load/handlers'), options.handlers, '.yaml');
      const url = `http://127.0.0.1:${port}`;
      const command = join(await install(), 'kapacitord');
      return { command, args: ['-config', path], url, answers: () => versionAt(url) };
    },
  });
}

function configuration(folder: string, port: number, { influxdbUrl, config = '' }: KapacitorOptions): string {
  return `
hostname = "127.0.0.1"
data_dir = "${folder}/data"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[replay]
  dir = "${folder}/replay"
[storage]
  boltdb = "${folder}/kapacitor.db"
[load]
  enabled = true
  dir = "${folder}/load"
[logging]
  file = "STDERR"
  level = "INFO"
[reporting]
  enabled = false
[stats]
  enabled = false
[config-override]
  enabled = false
[[influxdb]]
  enabled = true
  name = "test"
  default = true
  urls = ["${influxdbUrl}"]
  subscription-protocol = "http"
  subscription-mode = "cluster"
  subscriptions-sync-interval = "1s"
${config}
`;
}

function write(folder: string, files: Record<string, string> = {}, ending: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name + ending), content);
}

async function versionAt(url: string): Promise<string> {
  const version = (await ask(`${url}/kapacitor/v1/ping`)).headers.get('x-kapacitor-version');
  if (!version) throw new Error(`${url} is no Kapacitor: it says no version`);
  return version;
}
