import { install } from '../install/redis.ts';
import { firstWords } from './ready.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

/** Redis that writes every change to disk before it answers. */
export async function startRedis(): Promise<Server> {
  const given = process.env.REDIS_URL;
  if (given) return givenServer('REDIS_URL', given, await versionAt(Number(new URL(given).port || 6_379)));
  return await startServer({
    name: 'Redis',
    async prepare(folder) {
      const port = await freePort();
      const options = {
        port,
        bind: '127.0.0.1',
        dir: folder,
        appendonly: 'yes',
        appendfsync: 'always',
        maxmemory: '256mb',
      };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
      return { command: await install(), args, url: `redis://127.0.0.1:${port}`, answers: () => versionAt(port) };
    },
  });
}

async function versionAt(port: number): Promise<string> {
  const said = (await firstWords(port, 'INFO server\r\n')).toString();
  const version = /redis_version:(\S+)/.exec(said)?.[1];
  if (!version) throw new Error(`no Redis on port ${port}: ${said.slice(0, 100)}`);
  return version;
}
