import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';

export const MOTO_VERSION = '5.1.22';

const FOLDER = resolve(import.meta.dirname, '../../../.cache/tools/moto');

export interface Emulator {
  readonly url: string;
  stop(): Promise<void>;
}

/** moto, an emulator of AWS's services (Apache-2.0), on loopback. */
export async function startMoto(): Promise<Emulator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [command, ...args] = installMoto(port);
  const server = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  await listening(server);
  return {
    url,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

/**
 * The command that starts moto on a port of loopback. It is put into `.cache/tools` of the checkout once, from the Python package
 * index.
 * @throws when it cannot be had: a test that needs it fails without it and is never skipped
 */
export function installMoto(port: number): string[] {
  const script = join(FOLDER, 'bin/moto_server');
  if (!existsSync(script)) install();
  // Run by its interpreter: the first line of an installed script names the folder that it was installed in.
  return [join(FOLDER, 'bin/python'), script, '-H', '127.0.0.1', '-p', String(port)];
}

function install(): void {
  const draft = `${FOLDER}.${process.pid}`;
  mkdirSync(resolve(FOLDER, '..'), { recursive: true });
  try {
    const quietly = { stdio: 'pipe' as const, timeout: 540_000 };
    execFileSync('python3', ['-m', 'venv', draft], quietly);
    execFileSync(
      join(draft, 'bin/python'),
      ['-m', 'pip', 'install', '--quiet', `moto[server,ssm]==${MOTO_VERSION}`],
      quietly,
    );
    if (!existsSync(FOLDER)) renameSync(draft, FOLDER);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Resolves when the server says that it runs. What it says later is read and dropped: a full pipe would hold it up. */
async function listening(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`moto did not start: ${said}`)));
    server.stderr!.on('data', (chunk) => {
      if (said.includes('Running on')) return;
      said += chunk;
      if (said.includes('Running on')) resolve();
    });
  });
}
