import { RingdownError } from '../../../../core/errors.ts';
import { formatDuration } from '../../../../core/units.ts';
import type { HttpAnswer } from '../../../http/send.ts';
import { type InfluxClient, wordsOf } from './client.ts';
import { duration, identifier } from './influxql.ts';
import { query, type Row } from './query.ts';

const DAY_MS = 86_400_000;
/** Of the measurement that the continuous query writes. */
const ROLLUP_POLICY = 'rollup';

/**
 * Makes what is not there yet and changes what is different; asked again, it changes nothing.
 * @returns one line for each thing, made or found
 */
export async function provision(client: InfluxClient, abort: AbortSignal): Promise<string[]> {
  switch (client.config.api) {
    case 'v1':
      return await provisionDatabase(client, abort);
    case 'v2':
      return await provisionBucket(client, abort);
    case 'v3':
      return await provisionDatabase3(client, abort);
  }
}

async function provisionDatabase(client: InfluxClient, abort: AbortSignal): Promise<string[]> {
  const { database, retentionPolicy, retentionMs, rollupRetentionMs } = client.config;
  const db = identifier(database);
  const run = (q: string) => query(client, q, abort);
  const names = (await run('SHOW DATABASES')).map(({ name }) => name);
  const done: string[] = [];
  const hasDatabase = names.includes(database);
  if (!hasDatabase) await run(`CREATE DATABASE ${db}`);
  done.push(`database ${database}: ${hasDatabase ? 'found' : 'made'}`);
  const policies = new Map((await run(`SHOW RETENTION POLICIES ON ${db}`)).map((row) => [row.name, row]));
  for (const [name, ms, isDefault] of [
    [retentionPolicy, retentionMs, true],
    [ROLLUP_POLICY, rollupRetentionMs, false],
  ] as const) {
    const found = policies.get(name);
    const wanted = `${identifier(name)} ON ${db} DURATION ${duration(ms)}`;
    const rest = `REPLICATION 1 SHARD DURATION ${duration(shardMs(ms))}${isDefault ? ' DEFAULT' : ''}`;
    let state = 'found';
    if (!found) {
      await run(`CREATE RETENTION POLICY ${wanted} ${rest}`);
      state = 'made';
    } else if (goMs(String(found.duration)) !== ms || (isDefault && found.default !== true)) {
      // The size of shards is left as it is: they exist.
      await run(`ALTER RETENTION POLICY ${wanted}${isDefault ? ' DEFAULT' : ''}`);
      state = 'changed';
    }
    done.push(`retention policy ${name} of ${formatDuration(ms)}: ${state}`);
  }
  done.push(await provisionContinuousQuery(client, abort));
  return done;
}

async function provisionContinuousQuery(client: InfluxClient, abort: AbortSignal): Promise<string> {
  const { database, retentionPolicy } = client.config;
  const db = identifier(database);
  const name = 'requests_1m';
  // As SHOW CONTINUOUS QUERIES writes it, so that what is there can be compared.
  const path = (policy: string, measurement: string) => `${plain(database)}.${plain(policy)}.${measurement}`;
  const text =
    `CREATE CONTINUOUS QUERY ${name} ON ${plain(database)} RESAMPLE EVERY 1m FOR 5m BEGIN ` +
    `SELECT count(duration_ns) AS requests, sum(failed) AS failed, percentile(duration_ns, 95) AS p95_ns ` +
    `INTO ${path(ROLLUP_POLICY, name)} FROM ${path(retentionPolicy, 'spans')} WHERE kind = 'server' ` +
    'GROUP BY time(1m), env, service, method, route, synthetic END';
  const found = (await query(client, 'SHOW CONTINUOUS QUERIES', abort)).find(
    (row) => row.name === name && isOf(row, database),
  );
  if (found && String(found.query) === text) return `continuous query ${name}: found`;
  if (found) await query(client, `DROP CONTINUOUS QUERY ${name} ON ${db}`, abort);
  await query(client, text, abort);
  return `continuous query ${name}: ${found ? 'changed' : 'made'}`;
}

/** SHOW CONTINUOUS QUERIES has one series per database, all with the same columns: the text says whose it is. */
function isOf(row: Row, database: string): boolean {
  return String(row.query).startsWith(`CREATE CONTINUOUS QUERY requests_1m ON ${plain(database)} `);
}

/** InfluxQL quotes a name only where it must. */
function plain(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : identifier(name);
}

/** Whole shards are deleted: enough of them that what is kept too long is little, few enough to stay quick. */
function shardMs(retentionMs: number): number {
  return retentionMs < 2 * DAY_MS ? DAY_MS / 24 : retentionMs <= 180 * DAY_MS ? DAY_MS : 7 * DAY_MS;
}

/** Go's writing of a length of time: 720h0m0s. */
function goMs(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000 };
  return [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}

async function provisionBucket(client: InfluxClient, abort: AbortSignal): Promise<string[]> {
  const { database, org = '', retentionMs } = client.config;
  const ask = async (path: string, query: Record<string, string>) =>
    json(await client.getJson(`/api/v2/${path}?${new URLSearchParams(query)}`, abort));
  const make = async (path: string, body: unknown) => json(await client.postJson(`/api/v2/${path}`, body, abort));
  const orgId = first(await ask('orgs', { org }), 'orgs')?.id;
  if (orgId === undefined) throw refused(`InfluxDB has no organisation ${JSON.stringify(org)}`);
  const found = first(await ask('buckets', { org, name: database }), 'buckets');
  const rules = [{ type: 'expire', everySeconds: Math.round(retentionMs / 1_000) }];
  const bucket = found ?? (await make('buckets', { orgID: orgId, name: database, retentionRules: rules }));
  const mapping = first(await ask('dbrps', { org, db: database }), 'content');
  // InfluxQL, in which the reader asks, knows databases only.
  const dbrp = { bucketID: bucket.id, database, retention_policy: 'autogen', default: true, orgID: orgId };
  if (!mapping) await make('dbrps', dbrp);
  return [`bucket ${database}: ${found ? 'found' : 'made'}`, `mapping for InfluxQL: ${mapping ? 'found' : 'made'}`];
}

async function provisionDatabase3(client: InfluxClient, abort: AbortSignal): Promise<string[]> {
  const { database, retentionMs } = client.config;
  const body = { db: database, retention_period: `${Math.round(retentionMs / 1_000)}s` };
  const answer = await client.postJson('/api/v3/configure/database', body, abort);
  // 409: it exists.
  if (answer.status !== 409) json(answer);
  return [`database ${database}: ${answer.status === 409 ? 'found' : 'made'}`];
}

function json(answer: HttpAnswer): Record<string, unknown> {
  if (answer.status < 200 || answer.status >= 300) {
    throw refused(`InfluxDB answered ${answer.status} while it was set up: ${wordsOf(answer)}`);
  }
  return answer.body.length === 0 ? {} : (JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>);
}

function first(answer: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const list = answer[key];
  return Array.isArray(list) ? list[0] : undefined;
}

function refused(message: string): RingdownError {
  return new RingdownError('INFLUXDB_PROVISION', message, {
    hint: 'make it by hand, or let this backend sign in as somebody who may',
  });
}
