import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../install/prometheus.ts';
import { ask } from './ready.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

export interface PrometheusOptions {
  /** prometheus.yml. */
  config: string;
  /** Files that the configuration names relative to itself, such as its rules: name and content. */
  files?: Record<string, string>;
  /** Further flags, such as `--enable-feature=exemplar-storage`. */
  flags?: string[];
}

/** Prometheus on a configuration. PROMETHEUS_URL is taken instead, and then serves the configuration that it has. */
export async function startPrometheus({ config, files = {}, flags = [] }: PrometheusOptions): Promise<Server> {
  const given = process.env.PROMETHEUS_URL;
  if (given) return givenServer('PROMETHEUS_URL', given, await versionAt(given));
  return await startServer({
    name: 'Prometheus',
    async prepare(folder) {
      const port = await freePort();
      const path = join(folder, 'prometheus.yml');
      for (const [name, content] of Object.entries({ ...files, 'prometheus.yml': config })) {
        writeFileSync(join(folder, name), content);
      }
      const args = [
        `--config.file=${path}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-lifecycle',
        ...flags,
      ];
      const url = `http://127.0.0.1:${port}`;
      return { command: await install(), args, url, answers: () => versionAt(url) };
    },
  });
}

async function versionAt(url: string): Promise<string> {
  await ask(`${url}/-/ready`);
  const { data } = (await (await ask(`${url}/api/v1/status/buildinfo`)).json()) as { data: { version: string } };
  return data.version;
}
