import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installAlertmanager } from '../install/prometheus.ts';
import { ask } from './ready.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

/**
 * Alertmanager on a configuration, alone (no gossip). ALERTMANAGER_URL is taken instead, and then serves the configuration that
 * it has.
 * @param config alertmanager.yml
 */
export async function startAlertmanager({ config }: { config: string }): Promise<Server> {
  const given = process.env.ALERTMANAGER_URL;
  if (given) return givenServer('ALERTMANAGER_URL', given, await versionAt(given));
  return await startServer({
    name: 'Alertmanager',
    async prepare(folder) {
      const port = await freePort();
      const path = join(folder, 'alertmanager.yml');
      writeFileSync(path, config);
      const args = [
        `--config.file=${path}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ];
      const url = `http://127.0.0.1:${port}`;
      return { command: await installAlertmanager(), args, url, answers: () => versionAt(url) };
    },
  });
}

async function versionAt(url: string): Promise<string> {
  await ask(`${url}/-/ready`);
  const status = (await (await ask(`${url}/api/v2/status`)).json()) as { versionInfo: { version: string } };
  return status.versionInfo.version;
}
