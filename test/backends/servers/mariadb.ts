import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../install/cache.ts';
import { install, installInitializer } from '../install/mariadb.ts';
import { firstWords } from './ready.ts';
import { freePort, givenServer, type Server, startServer } from './server.ts';

/** MariaDB with a database and a user for it, both named in the URL. */
export async function startMariadb(): Promise<Server> {
  const given = process.env.MARIADB_URL;
  if (given) return givenServer('MARIADB_URL', given, await versionAt(Number(new URL(given).port || 3_306)));
  return await startServer({
    name: 'MariaDB',
    async prepare(folder) {
      const [command, initializer] = [await install(), await installInitializer()];
      const port = await freePort();
      // The machine's own configuration is left out; whoever we are, it runs as us.
      const where = ['--no-defaults', `--datadir=${join(folder, 'data')}`, `--user=${userInfo().username}`];
      await run(initializer, [...where, '--auth-root-authentication-method=normal', '--skip-test-db'], {
        env: { ...process.env, PATH: `${process.env.PATH}:${dirname(command)}` },
      });
      const init = join(folder, 'init.sql');
      writeFileSync(
        init,
        [
          'CREATE DATABASE IF NOT EXISTS ringdown;',
          "CREATE USER IF NOT EXISTS ringdown@'127.0.0.1' IDENTIFIED BY 'ringdown';",
          "GRANT ALL ON ringdown.* TO ringdown@'127.0.0.1';",
          '',
        ].join('\n'),
      );
      const args = [
        ...where,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        `--init-file=${init}`,
        '--innodb-buffer-pool-size=64M',
      ];
      const url = `mysql://ringdown:ringdown@127.0.0.1:${port}/ringdown`;
      return { command, args, url, answers: () => versionAt(port) };
    },
  });
}

/** From the server's greeting: four bytes of frame, the protocol (10), then the version. */
async function versionAt(port: number): Promise<string> {
  const greeting = (await firstWords(port)).subarray(4).toString('latin1');
  const version = /^\n(?:5\.5\.5-)?([\w.]+)/.exec(greeting)?.[1];
  if (!version) throw new Error(`no MariaDB on port ${port}`);
  return version;
}
