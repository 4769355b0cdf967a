import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decide } from '../../alerts/engine/decide.ts';
import { emptyChange, emptyState } from '../../alerts/engine/state.ts';
import { createAlertDesk } from '../../alerts/incidents/desk.ts';
import { CollectingNotifier } from '../../alerts/testing/collecting-notifier.ts';
import { failed, observe, passed } from '../../alerts/testing/observations.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type AlertSchema, alertMigrations, alertRepository } from './index.ts';

/** Written by the engine of before the chain: one open of two members, one acknowledged, one over and not yet told. */
const OLDER = new URL('./testing/before-alert-chain.json', import.meta.url);
const THEN = Date.UTC(2026, 10, 20, 3);

let sqlite: SqliteHandle<AlertSchema>;
beforeEach(async () => {
  sqlite = await openSqlite<AlertSchema>({ file: ':memory:' });
  await migrate(sqlite.db, { '0001-alerts': alertMigrations['0001-alerts']! });
  const tables = JSON.parse(await readFile(OLDER, 'utf8')) as Record<keyof AlertSchema, never[]>;
  for (const [table, rows] of Object.entries(tables)) {
    await sqlite.db
      .insertInto(table as keyof AlertSchema)
      .values(rows)
      .execute();
  }
  await migrate(sqlite.db, alertMigrations);
});
afterEach(() => sqlite.close());

test('rows of before the chain are read as rows of today, and written back as such', async () => {
  const store = alertRepository(sqlite.db);
  const { incidents, monitors, silences, windows } = await store.load();
  expect([incidents.length, monitors.length, silences, windows]).toEqual([3, 6, [], []]);
  const today = decide(emptyState(), observe('a@local', failed, THEN), {
    now: THEN,
    policies: [],
    channels: [],
    publicUrl: '',
  });
  const [row] = today.incidents.values();
  for (const incident of incidents) {
    expect(Object.keys(incident).sort()).toEqual(Object.keys(row!).sort());
    expect(Object.keys(incident.incident).sort()).toEqual(Object.keys(row!.incident).sort());
  }
  for (const monitor of monitors) {
    expect(Object.keys(monitor).sort()).toEqual(Object.keys(today.monitors.get('a@local')!).sort());
  }
  await store.commit({ ...emptyChange(), incidents: new Map(incidents.map((one) => [one.incident.id, one])) });
  const byId = (a: (typeof incidents)[0], b: (typeof incidents)[0]) => (a.incident.id < b.incident.id ? -1 : 1);
  expect((await store.load()).incidents.sort(byId)).toEqual(incidents.sort(byId));
});

test('a watcher that was brought up to date rings nobody again, and says what is over', async () => {
  const clock = new VirtualClock(THEN + 120_000);
  const pager = new CollectingNotifier();
  const call = new CollectingNotifier();
  const events = ['incident.resolved', 'incident.acknowledged'] as const;
  const desk = createAlertDesk({
    clock,
    store: alertRepository(sqlite.db),
    policies: [],
    channels: new Map([
      ['pager', { notifier: pager, events }],
      ['call', { notifier: call, events }],
    ]),
    publicUrl: 'http://127.0.0.1:4000',
    log: { info() {}, warn() {}, error() {} },
  });
  await desk.start();
  const told = () => pager.accepted.map(({ event, incident }) => `${event.slice(9)} ${incident.environment}`).sort();
  // What had not been told when the older one ended.
  expect(await until(clock, () => pager.accepted.length >= 4, told)).toEqual([
    'acknowledged staging',
    'resolved production',
    'triggered production',
    'triggered staging',
  ]);
  const open = desk.openIncidents().find(({ environment }) => environment === 'local')!;
  expect(open).toMatchObject({ monitors: ['a@local', 'b@local'], failing_count: 2, held: null });
  // The second step was due five minutes after the first.
  await clock.advance(241_000);
  expect(
    await until(
      clock,
      () => call.accepted.length >= 1,
      () => call.accepted.map(({ event }) => event),
    ),
  ).toEqual(['incident.escalated']);
  await desk.observe(observe('a@local', passed, clock.now()));
  expect(desk.incident(open.id)?.failing_count).toBe(1);
  await desk.observe(observe('b@local', passed, clock.now()));
  await until(clock, () => pager.accepted.length >= 5, told);
  expect(told()).toContain('resolved local');
  expect(call.accepted.at(-1)?.event).toBe('incident.resolved');
  await desk.shutdown(AbortSignal.timeout(5_000));
});

/** The database is real and answers in its own time; the clock stands still meanwhile. */
async function until<T>(clock: VirtualClock, there: () => boolean, result: () => T): Promise<T> {
  for (let turn = 0; turn < 2_000 && !there(); turn++) {
    await clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What is written on account of it is written, too, before the clock is moved on.
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(0);
    await sqlite.db.selectFrom('deliveries').select('status').execute();
  }
  return result();
}
