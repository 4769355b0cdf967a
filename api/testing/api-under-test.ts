import { randomBytes } from 'node:crypto';
import { afterAll } from '@jest/globals';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { sql } from 'kysely';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { migrate, openSqlite, type SqliteHandle } from '../../storage/sqlite/index.ts';
import { kyselyAccounts } from '../accounts/kysely-accounts.ts';
import { type ScryptCost, scryptPasswords } from '../accounts/passwords.ts';
import { migrations } from '../database/migrations.ts';
import type { ApiSchema } from '../database/schema.ts';
import { kyselyPosts } from '../posts/kysely-posts.ts';
import { buildServer, type ServerDeps } from '../server.ts';
import { kyselySessions } from '../sessions/kysely-sessions.ts';
import { jwtAccessTokens } from '../sessions/tokens.ts';

export const FAULTS_TOKEN = 'break-things';
/** Enough to run the code, too little to keep a secret: tests sign in often. */
export const CHEAP: ScryptCost = { logN: 4, r: 1, p: 1 };
export const PASSWORD = 'correct horse battery';

export interface ApiUnderTest {
  app: FastifyInstance;
  clock: VirtualClock;
  deps: ServerDeps;
  key: Uint8Array;
  /** One log line each, parsed. */
  logs: Record<string, unknown>[];
  call(
    method: InjectOptions['method'],
    url: string,
    options?: { token?: string | undefined; json?: unknown; payload?: string; headers?: Record<string, string> },
  ): Promise<LightMyRequestResponse>;
  /** Signs somebody up and in. */
  someone(email?: string): Promise<{ email: string; token: string; refreshToken: string }>;
  close(): Promise<undefined>;
}

let opened: Promise<SqliteHandle<ApiSchema>> | undefined;
afterAll(async () => (await opened)?.close());

/** One thread for all tests of a file: starting it takes longer than most tests. */
async function emptyDatabase(): Promise<SqliteHandle<ApiSchema>> {
  opened ??= openSqlite<ApiSchema>({ file: ':memory:' }).then(async (handle) => {
    await migrate(handle.db, migrations);
    return handle;
  });
  const handle = await opened;
  await handle.db.deleteFrom('account').execute();
  return handle;
}

/** The whole API over an in-memory database, a clock that stands still, and no network. */
export async function apiUnderTest(overrides: Partial<ServerDeps> = {}): Promise<ApiUnderTest> {
  const storage = await emptyDatabase();
  const clock = new VirtualClock();
  const key = Uint8Array.from(randomBytes(32));
  const logs: Record<string, unknown>[] = [];
  const deps: ServerDeps = {
    version: '1.2.3',
    clock,
    accounts: kyselyAccounts(storage.db),
    sessions: kyselySessions(storage.db),
    posts: kyselyPosts(storage.db),
    passwords: scryptPasswords(CHEAP),
    tokens: jwtAccessTokens(key, clock),
    checkStore: async () => void (await sql`select 1`.execute(storage.db)),
    faults: { token: FAULTS_TOKEN, random: () => 0 },
    logger: { level: 'info', stream: { write: (line: string) => void logs.push(JSON.parse(line)) } },
    ...overrides,
  };
  const app = await buildServer(deps);
  let people = 0;

  const call: ApiUnderTest['call'] = (method, url, { token, json, payload, headers } = {}) =>
    app.inject({
      method,
      url,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined && payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? (payload === undefined ? {} : { payload }) : { payload: JSON.stringify(json) }),
    });

  return {
    app,
    clock,
    deps,
    key,
    logs,
    call,
    async someone(email = `person-${++people}@example.com`) {
      await call('POST', '/v1/users', { json: { email, password: PASSWORD } });
      const { access_token, refresh_token } = (
        await call('POST', '/v1/sessions', { json: { email, password: PASSWORD } })
      ).json();
      return { email, token: access_token, refreshToken: refresh_token };
    },
    close: () => app.close(),
  };
}

/** What every error answer has to be, whatever its code. */
export function problemOf(response: LightMyRequestResponse): { status: number; code: string; detail: string } {
  if (response.headers['content-type'] !== 'application/problem+json') {
    throw new Error(`${response.statusCode} ${response.headers['content-type']} is not a problem: ${response.body}`);
  }
  const { type, status, code, detail, title } = response.json();
  if (status !== response.statusCode || type !== `urn:ringdown:problem:${code}` || !title || !detail) {
    throw new Error(`not a proper problem document: ${response.body}`);
  }
  return { status, code, detail };
}
