import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromApt } from '../backends/install/apt.ts';
import { cached, locked, run } from '../backends/install/cache.ts';
import { go } from '../backends/install/go.ts';

/** Outside of the checkout: what a container's file system holds is nobody's source. */
const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ringdown', 'docker');
const SOCKET = join(FOLDER, 'docker.sock');
const COMPOSE_VERSION = '2.40.3';
const READY_WITHIN_MS = 60_000;

export interface Engine {
  /** Whether it is ours, where no registry of images can be reached; a given one pulls the vendors'. */
  own: boolean;
  env: NodeJS.ProcessEnv;
  /** Paths of the commands. */
  docker: string;
  compose: string;
  /** Ends it when it is ours. */
  stop(): Promise<void>;
}

/**
 * The engine that DOCKER_HOST names, or one of our own: dockerd as root, with a socket and images of its own, so that it meets
 * no other on the machine.
 * @throws with the end of its log when it does not come up
 */
export async function startEngine(): Promise<Engine> {
  const docker = await fromApt('docker', ['docker.io', 'iptables']);
  const compose = await installCompose();
  const env = { ...process.env, BUILDKIT_PROGRESS: 'plain' };
  if (process.env.DOCKER_HOST) return { own: false, env, docker, compose, stop: async () => {} };
  if (process.getuid?.() !== 0) {
    throw new Error('a Docker engine of our own runs as root: be root, or set DOCKER_HOST to one that is there');
  }
  const own = { ...env, DOCKER_HOST: `unix://${SOCKET}` };
  const answers = () =>
    run(docker, ['info'], { env: own }).then(
      () => true,
      () => false,
    );
  const release = await hold();
  try {
    // One that an interrupted run has left is as good as a new one.
    const daemon = (await answers()) ? undefined : await startDaemon(answers);
    const stop = () => stopDaemon(daemon).finally(release);
    return { own: true, env: own, docker, compose, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

const pidFile = join(FOLDER, 'docker.pid');

async function startDaemon(answers: () => Promise<boolean>): Promise<ChildProcess> {
  const command = await fromApt('dockerd', ['docker.io', 'iptables']);
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const log = join(FOLDER, 'dockerd.log');
  const daemon = spawn(
    command,
    [
      ...['--data-root', join(FOLDER, 'data'), '--exec-root', '/run/ringdown-docker'],
      ...['--pidfile', pidFile, '--host', `unix://${SOCKET}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const file = createWriteStream(log);
  for (const stream of [daemon.stdout!, daemon.stderr!]) stream.pipe(file);
  const end = performance.now() + READY_WITHIN_MS;
  while (!(await answers())) {
    if (daemon.exitCode !== null || performance.now() > end) {
      daemon.kill();
      throw new Error(`dockerd did not come up:\n${readFileSync(log, 'utf8').slice(-4_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return daemon;
}

async function stopDaemon(daemon: ChildProcess | undefined): Promise<void> {
  if (daemon) {
    daemon.kill();
    if (daemon.exitCode === null) await once(daemon, 'exit');
    return;
  }
  if (!existsSync(pidFile)) return;
  process.kill(Number(readFileSync(pidFile, 'utf8')));
  while (existsSync(pidFile)) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Compose, built from its Go module: Debian's own is too old to know `include`. */
async function installCompose(): Promise<string> {
  const folder = await cached(`docker-compose-${COMPOSE_VERSION}`, async (draft) => {
    writeFileSync(
      join(draft, 'go.mod'),
      `module compose.test\n\ngo 1.23\n\nrequire github.com/docker/compose/v2 v${COMPOSE_VERSION}\n`,
    );
    const main = 'github.com/docker/compose/v2/cmd';
    writeFileSync(join(draft, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport _ "${main}"\n`);
    const named = `-s -w -X github.com/docker/compose/v2/internal.Version=v${COMPOSE_VERSION}`;
    await go(['build', '-mod=mod', '-trimpath', '-ldflags', named, '-o', 'docker-compose', main], {}, draft);
  });
  return join(folder, 'docker-compose');
}

/** Holds the engine against every other process, since whoever is done stops it. @returns how to let go */
async function hold(): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const over = locked('compose', async () => {
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, over]);
  return async () => {
    released.resolve();
    await over;
  };
}
