import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AlertStore } from '../../alerts/alert-store.ts';
import { decide } from '../../alerts/engine/decide.ts';
import type { Surroundings } from '../../alerts/engine/draft.ts';
import { apply, emptyChange, emptyState } from '../../alerts/engine/state.ts';
import { alerts, failed, observe, passed } from '../../alerts/testing/observations.ts';
import type { BrokenRow } from '../broken-rows.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type AlertSchema, alertMigrations, alertRepository, deploymentRepository } from './index.ts';

let sqlite: SqliteHandle<AlertSchema>;
let store: AlertStore;
beforeEach(async () => {
  sqlite = await openSqlite<AlertSchema>({ file: ':memory:' });
  await migrate(sqlite.db, alertMigrations);
  store = alertRepository(sqlite.db);
});
afterEach(() => sqlite.close());

const START = Date.UTC(2026, 10, 23, 3);
const LATER = new Date(START + 86_400_000).toISOString();
const forever = new AbortController().signal;
const around = (seconds: number): Surroundings => ({
  now: START + seconds * 1_000,
  policies: [],
  channels: [{ name: 'pager', events: ['incident.resolved'] }],
  publicUrl: 'http://127.0.0.1:4000',
});
const state = () => emptyState();

/** Plays and stores observations, each a second after the one before. */
async function live(known: ReturnType<typeof state>, ...seen: [monitor: string, outcome: typeof failed][]) {
  for (const [second, [monitor, outcome]] of seen.entries()) {
    const change = decide(known, observe(monitor, outcome, around(second).now), around(second));
    apply(known, change);
    await store.commit(change);
  }
}

async function everyoneWasTold() {
  await sqlite.db.updateTable('deliveries').set({ status: 'accepted' }).execute();
}

async function rowsLeft(): Promise<Record<string, number>> {
  const tables = ['incidents', 'incident_monitors', 'incident_events', 'incident_words', 'deliveries'] as const;
  const counts = tables.map(async (table) => {
    const { rows } = await sqlite.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('rows'))
      .executeTakeFirstOrThrow();
    return [table, rows] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

test('what ended long ago goes with all that belongs to it; what is open stays, however old', async () => {
  const known = state();
  await live(known, ['a@local', failed], ['a@local', passed], ['b@other', failed]);
  await everyoneWasTold();
  const [, open] = [...known.incidents.keys()];
  expect(await store.prune(LATER, forever)).toBe(1);
  expect((await store.list({ limit: 9 })).items.map(({ id }) => id)).toEqual([open]);
  expect((await store.find(open!))!.timeline.length).toBeGreaterThan(0);
  const left = await sqlite.db.selectFrom('incident_events').select('incident_id').distinct().execute();
  expect(left).toEqual([{ incident_id: open }]);
  expect((await store.load()).incidents).toHaveLength(1);
});

test('an incident that ended in time, or that somebody must still hear of, stays', async () => {
  await live(state(), ['a@local', failed], ['a@local', passed]);
  expect(await store.prune(LATER, forever)).toBe(0);
  await everyoneWasTold();
  expect(await store.prune(new Date(START).toISOString(), forever)).toBe(0);
  expect(await store.prune(LATER, forever)).toBe(1);
});

test('a year of incidents leaves as many rows as a day of them', async () => {
  const known = state();
  const change = emptyChange();
  for (let index = 0; index < 130; index++) {
    for (const [turn, outcome] of [alerts('firing'), alerts('resolved')].entries()) {
      const when = around(index * 10 + turn);
      const decided = decide(known, observe(`inbound:am/${index}`, outcome, when.now), when);
      apply(known, decided);
      for (const key of ['incidents', 'deliveries'] as const) {
        for (const [id, row] of decided[key]) (change[key] as Map<string, unknown>).set(id, row);
      }
      change.events.push(...decided.events);
      change.members.push(...decided.members);
      change.words.push(...decided.words);
    }
  }
  await store.commit(change);
  await everyoneWasTold();
  const half = new Date(START + 65 * 10_000).toISOString();
  const before = await rowsLeft();
  expect(await store.prune(half, forever)).toBe(65);
  const after = await rowsLeft();
  for (const [table, rows] of Object.entries(before)) expect([table, after[table]]).toEqual([table, rows / 2]);
  expect(await store.prune(LATER, forever)).toBe(65);
  expect(Object.values(await rowsLeft())).toEqual([0, 0, 0, 0, 0]);
});

test('told to stop it goes no further, and what is left goes the next time', async () => {
  await live(state(), ['a@local', failed], ['a@local', passed]);
  await everyoneWasTold();
  expect(await store.prune(LATER, AbortSignal.abort())).toBe(0);
  expect(await store.prune(LATER, forever)).toBe(1);
});

test('whoever pages waits behind a few rows and not behind all that goes', async () => {
  await live(state(), ['a@local', failed], ['a@local', passed]);
  await everyoneWasTold();
  const id = (await store.list({ limit: 1 })).items[0]!.id;
  const rows = Array.from({ length: 2_100 }, (_, index) => ({
    id: `${id}-${index}`,
    incident_id: id,
    at: LATER,
    kind: 'note' as const,
    message: 'x',
    actor: null,
  }));
  await store.commit({ ...emptyChange(), events: rows });
  const order: string[] = [];
  const pruned = store.prune(LATER, forever).then(() => order.push('pruned'));
  await live(state(), ['b@other', failed]);
  order.push('paged');
  await pruned;
  expect(order).toEqual(['paged', 'pruned']);
});

test('the runs that an incident speaks of are known: the first, and that of its cause', async () => {
  const known = state();
  await live(known, ['a@local', failed]);
  const [row] = known.incidents.values();
  const spoken = new Set([row!.first_run!.id, row!.incident.cause.run_id]);
  expect(await store.evidenceRuns([...spoken, 'another'])).toEqual(spoken);
});

test('of a service the newest deployment stays, however old it is', async () => {
  const deployments = deploymentRepository(sqlite.db);
  const add = (id: string, environment: string | null, deployed_at: string) =>
    deployments.add({
      id,
      service: 'api',
      environment,
      version: id,
      deployed_at,
      source: 'api',
      description: null,
    });
  await add('1', null, '2025-01-01T00:00:00Z');
  await add('2', null, '2025-01-02T00:00:00Z');
  await add('3', 'local', '2025-01-01T00:00:00Z');
  expect(await deployments.prune('2026-01-01T00:00:00.000Z', forever)).toBe(1);
  expect((await deployments.list({ limit: 9 })).items.map(({ id }) => id)).toEqual(['2', '3']);
});

test('what an earlier version kept can be pruned, and a damaged row does not keep a watcher from starting', async () => {
  const older = await openSqlite<AlertSchema>({ file: ':memory:' });
  try {
    const { '0005-incident-retention': _later, ...before } = alertMigrations;
    await migrate(older.db, before);
    const body = (id: string) =>
      JSON.stringify({ incident: { id, resolved_at: '2026-11-23T04:00:00.000Z', cause: { run_id: 'run-1' } } });
    const row = (id: string, text: string) => ({
      id,
      state: 'resolved' as const,
      triggered_at: '2026-11-23T03:00:00.000Z',
      body: text,
    });
    await older.db
      .insertInto('incidents')
      .values([row('i1', body('i1')), row('i2', '{')] as never)
      .execute();
    await migrate(older.db, alertMigrations);
    const migrated = alertRepository(older.db);
    expect(await migrated.evidenceRuns(['run-1'])).toEqual(new Set(['run-1']));
    expect(await migrated.prune(LATER, forever)).toBe(1);
  } finally {
    await older.close();
  }
});

test('a row that cannot be read is told of and left out, and everything else is there', async () => {
  await live(state(), ['a@local', failed], ['b@other', failed]);
  const [broken, whole] = (await store.list({ limit: 9 })).items.map(({ id }) => id);
  await sqlite.db.updateTable('incidents').set({ body: '{"incident": ' }).where('id', '=', broken!).execute();
  await sqlite.db.updateTable('alert_monitors').set({ body: '[]' }).where('key', '=', 'a@local').execute();
  const told: BrokenRow[] = [];
  const patient = alertRepository(sqlite.db, (row) => told.push(row));
  expect((await patient.list({ limit: 9 })).items.map(({ id }) => id)).toEqual([whole]);
  const loaded = await patient.load();
  expect(loaded.incidents.map(({ incident }) => incident.id)).toEqual([whole]);
  expect(loaded.deliveries.map(({ incident_id }) => incident_id)).toEqual([whole]);
  expect(loaded.monitors.map(({ key }) => key)).toEqual(['b@other']);
  expect(told).toMatchObject([
    { table: 'incidents', key: broken },
    { table: 'incidents', key: broken },
    { table: 'alert_monitors', key: 'a@local', problem: 'it has no "key"' },
  ]);
  await expect(patient.find(broken!)).rejects.toMatchObject({
    code: 'BROKEN_ROW',
    message: expect.stringContaining(`the row ${broken} of incidents`),
  });
  await expect(store.load()).rejects.toMatchObject({ code: 'BROKEN_ROW' });
});
