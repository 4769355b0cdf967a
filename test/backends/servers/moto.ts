import { installMoto, MOTO_VERSION } from '../../../scenarios/secrets/testing/moto.ts';
import { ask } from './ready.ts';
import { freePort, type Server, startServer } from './server.ts';

/**
 * moto, an emulator of AWS's services: what it shows is reported as seen on an emulator. It takes any credentials and region, and
 * keeps its data in memory: a restart begins with nothing.
 */
export async function startMoto(): Promise<Server> {
  return await startServer({
    name: 'moto',
    async prepare() {
      const port = await freePort();
      const [command, ...args] = installMoto(port);
      const url = `http://127.0.0.1:${port}`;
      return {
        command: command!,
        args,
        url,
        async answers() {
          await ask(`${url}/moto-api/data.json`);
          return MOTO_VERSION;
        },
      };
    },
  });
}
