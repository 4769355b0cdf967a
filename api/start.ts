import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { systemClock } from '../core/clock.ts';
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import { migrate, openSqlite } from '../storage/sqlite/index.ts';
import { kyselyAccounts } from './accounts/kysely-accounts.ts';
import { scryptPasswords } from './accounts/passwords.ts';
import { QA_EMAIL, seedAccount } from './accounts/seed.ts';
import { type ApiConfig, readConfig } from './config.ts';
import { migrations } from './database/migrations.ts';
import type { ApiSchema } from './database/schema.ts';
import { keepHouse } from './housekeeping.ts';
import { kyselyPosts } from './posts/kysely-posts.ts';
import { buildServer } from './server.ts';
import { kyselySessions } from './sessions/kysely-sessions.ts';
import { signingKey } from './sessions/signing-key.ts';
import { jwtAccessTokens } from './sessions/tokens.ts';
import { shutdownOnSignal } from './shutdown.ts';
import { telemetry } from './telemetry.ts';

/** The nearest package.json above: the same one from a checkout and from the compiled package. */
function packageVersion(): string {
  const file = findPackageJSON('.', import.meta.url);
  return file === undefined ? '0.0.0' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Serves until a signal ends the process. @throws RingdownError what keeps it from starting */
export async function start(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const config = readConfig(args, env, packageVersion());
  makeDataDir(config.dataDir);
  const storage = await openSqlite<ApiSchema>({ file: join(config.dataDir, 'api.db') });
  await migrate(storage.db, migrations);
  const clock = systemClock;
  const accounts = kyselyAccounts(storage.db);
  const sessions = kyselySessions(storage.db);
  const posts = kyselyPosts(storage.db);
  const passwords = scryptPasswords();
  if (config.qaPassword) await seedAccount({ accounts, passwords, clock }, QA_EMAIL, config.qaPassword);

  const app = await buildServer({
    version: config.version,
    clock,
    accounts,
    sessions,
    posts,
    passwords,
    tokens: jwtAccessTokens(signingKey(config.dataDir, config.jwtSecret), clock),
    checkStore: async () => void (await sql`select 1`.execute(storage.db)),
    ...telemetry(config),
    ...(config.faultsToken ? { faults: { token: config.faultsToken, random: Math.random } } : {}),
  });
  const url = await listen(app, config);
  const resting = new AbortController();
  const housekeeping = keepHouse({ sessions, posts, clock, log: app.log }, resting.signal);
  shutdownOnSignal(app, async () => {
    resting.abort();
    await housekeeping;
    await storage.close();
  });
  announce(url, config.readyFile);
}

function makeDataDir(dataDir: string): void {
  // Password hashes and the signing key are for this user alone, in a directory that may be older than this rule too.
  process.umask(0o077);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new RingdownError('DATA_DIR_UNUSABLE', `the data directory cannot be made: ${toError(error).message}`, {
      hint: 'choose another with --data-dir',
      exitCode: EXIT.usage,
    });
  }
}

async function listen(app: FastifyInstance, { host, port }: ApiConfig): Promise<string> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new RingdownError('PORT_IN_USE', `port ${port} on ${host} is in use`, {
        hint: 'stop what uses it, or choose another with --port (0: any free one)',
        exitCode: EXIT.usage,
      });
    }
    throw new RingdownError('CANNOT_LISTEN', `cannot listen on ${host}:${port}: ${message}`, {
      hint: 'choose another with --host and --port',
      exitCode: EXIT.usage,
    });
  }
  const bound = app.server.address() as AddressInfo;
  const address = bound.address === '0.0.0.0' ? '127.0.0.1' : bound.address === '::' ? '::1' : bound.address;
  return `http://${address.includes(':') ? `[${address}]` : address}:${bound.port}`;
}

/** Tells whoever started this process where it is: a file, a parent over IPC, or both. */
function announce(url: string, readyFile: string | undefined): void {
  if (readyFile !== undefined) {
    // Renamed into place, so that a reader sees the whole of it or nothing.
    writeFileSync(`${readyFile}.tmp`, `${JSON.stringify({ url, pid: process.pid })}\n`);
    renameSync(`${readyFile}.tmp`, readyFile);
  }
  process.send?.({ type: 'ready', url, pid: process.pid });
}
