import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { recordDelivery } from '../../alerts/engine/answer.ts';
import { decide } from '../../alerts/engine/decide.ts';
import type { Surroundings } from '../../alerts/engine/draft.ts';
import { acknowledge, assign, escalate } from '../../alerts/engine/people.ts';
import { addSilence, cancelWindow, endSilence, planWindow, prune } from '../../alerts/engine/silencing.ts';
import { type AlertChange, apply, emptyChange, emptyState, type TrackedIncident } from '../../alerts/engine/state.ts';
import { failed, observe, passed, unreachable } from '../../alerts/testing/observations.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type AlertSchema, alertMigrations, alertRepository, deploymentRepository } from './index.ts';

let sqlite: SqliteHandle<AlertSchema>;
beforeEach(async () => {
  sqlite = await openSqlite<AlertSchema>({ file: ':memory:' });
  await migrate(sqlite.db, alertMigrations);
});
afterEach(() => sqlite.close());

const START = Date.UTC(2026, 10, 23, 3);
const around = (seconds: number): Surroundings => ({
  now: START + seconds * 1_000,
  policies: [],
  channels: [{ name: 'pager', events: ['incident.resolved', 'incident.acknowledged'] }],
  publicUrl: 'http://127.0.0.1:4000',
});

describe('alerts in SQL', () => {
  test('what was committed is what the engine goes on with', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    for (const [seconds, monitor, outcome] of [
      [0, 'a@local', passed],
      [1, 'b@local', unreachable],
      [2, 'c@local', unreachable],
    ] as const) {
      const change = decide(state, observe(monitor, outcome, around(seconds).now), around(seconds));
      apply(state, change);
      await store.commit(change);
      // An unclear answer: the same again.
      await store.commit(change);
    }
    const loaded = await store.load();
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
    expect(loaded.monitors.sort(byKey)).toEqual([...state.monitors.values()].sort(byKey));
    expect(loaded.services).toEqual([...state.services.values()]);
    expect(loaded.incidents).toEqual([...state.incidents.values()]);
    expect(loaded.deliveries).toMatchObject([{ channel: 'pager', event: 'incident.triggered', status: 'pending' }]);
  });

  test('an incident is found with its timeline and deliveries', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    const opened = decide(state, observe('a@local', failed, around(0).now), around(0));
    apply(state, opened);
    await store.commit(opened);
    const [delivery] = opened.deliveries.values();
    const id = delivery!.incident_id;
    const accepted = recordDelivery(
      state,
      {
        ...delivery!,
        status: 'accepted',
        attempts: 1,
        last_attempt_at: new Date(around(1).now).toISOString(),
        provider_ref: 'ref',
      },
      'accepted',
      around(1),
    );
    apply(state, accepted);
    await store.commit(accepted);
    const taken = acknowledge(state, id, { by: 'kim', via: 'web' }, around(2));
    apply(state, taken);
    await store.commit(taken);

    const found = await store.find(id);
    expect(found?.incident).toEqual(state.incidents.get(id)!.incident);
    expect(found?.timeline.map(({ kind }) => kind)).toEqual(['triggered', 'notified', 'acknowledged']);
    expect(found?.deliveries).toMatchObject([
      { event: 'incident.triggered', status: 'accepted', attempts: 1, provider_ref: 'ref' },
      { event: 'incident.acknowledged', status: 'pending' },
    ]);
    expect(found?.deliveries[0]).not.toHaveProperty('position');
    expect(await store.find('inc-none')).toBeNull();
    // Whoever looks for the pending one at a vendor must not take the accepted one for it.
    expect((await store.load()).accepted).toEqual([{ channel: 'pager', provider_ref: 'ref' }]);
  });

  test('a resolved incident is loaded as long as somebody must hear of it', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    for (const outcome of [failed, passed]) {
      const change = decide(state, observe('a@local', outcome, around(0).now), around(0));
      apply(state, change);
      await store.commit(change);
    }
    const loaded = await store.load();
    expect(loaded.incidents).toMatchObject([{ incident: { state: 'resolved' } }]);
    const change = emptyChange();
    for (const delivery of loaded.deliveries)
      change.deliveries.set(delivery.delivery_id, { ...delivery, status: 'accepted' });
    await store.commit(change);
    expect(await store.load()).toMatchObject({ incidents: [], deliveries: [] });
  });

  test('a monitor that is forgotten is gone', async () => {
    const store = alertRepository(sqlite.db);
    await store.commit(decide(emptyState(), observe('a@local', passed, around(0).now), around(0)));
    expect((await store.load()).monitors).toHaveLength(1);
    await store.commit({ ...emptyChange(), forgotten: new Set(['a@local']) });
    expect((await store.load()).monitors).toEqual([]);
  });

  test('silences, maintenance windows and what the stages said are as they were, until they are gone', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    const take = async (change: AlertChange) => {
      apply(state, change);
      await store.commit(change);
      await store.commit(change);
    };
    const matchers = [{ label: 'service', is: '=~', value: 'reference-.*' }] as const;
    const at = (seconds: number) => new Date(around(seconds).now).toISOString();
    const made = { created_by: 'kim', created_at: at(1), ended_by: null };
    const silence = {
      id: 'sil-1',
      matchers,
      starts_at: at(1),
      ends_at: at(600),
      reason: '"deploying" \u{1f6a2}',
      ...made,
    };
    const schedule = { cron: '0 2 * * 6', timezone: 'Asia/Seoul', duration_ms: 3_600_000 };
    const window = { id: 'mw-1', name: 'backup', matchers, schedule, source: 'api', created_by: 'kim' } as const;
    await take(addSilence(state, silence, around(1)));
    await take(planWindow(state, window, around(1)));
    await take(decide(state, observe('a@local', failed, around(2).now), around(2)));
    const [id] = state.incidents.keys();
    await take(escalate(state, id!, { by: 'minsu', via: 'web' }, around(3)));
    await take(assign(state, id!, 'minsu', { by: 'minsu', via: 'web' }, around(4)));
    const loaded = await store.load();
    expect(loaded.silences).toEqual([silence]);
    expect(loaded.windows).toEqual([window]);
    expect(loaded.incidents).toEqual([state.incidents.get(id!)]);
    expect(loaded.incidents[0]).toMatchObject({
      incident: { held: { stage: 'silence', until: at(600) }, assignee: 'minsu' },
      paused: { anew: true },
      forced: [expect.any(Number)],
    });
    expect(loaded.incidents[0]!.words.map(({ stage }) => stage)).toContain('silence');
    expect((await store.find(id!))?.words).toEqual(state.incidents.get(id!)!.words);
    await take(endSilence(state, 'sil-1', { by: 'kim', via: 'web' }, around(5)));
    expect((await store.load()).silences).toMatchObject([{ ends_at: at(5), ended_by: 'kim' }]);
    await take(cancelWindow(state, 'mw-1', around(6)));
    await take(prune(state, around(2 * 86_400), null));
    expect(await store.load()).toMatchObject({ silences: [], windows: [] });
  });

  test('every field of an incident is as it was', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    apply(state, decide(state, observe('a@local', failed, around(0).now), around(0)));
    const [row] = state.incidents.values();
    const due_at = new Date(around(60).now).toISOString();
    const full: TrackedIncident = {
      ...row!,
      incident: {
        ...row!.incident,
        monitors: [],
        held: { stage: 'quiet_hours', reason: 'night', until: due_at },
        assignee: 'kim',
        merged_into: 'inc-other',
        labels: { team: 'posts', __proto__x: '' },
        acknowledged_at: due_at,
        acknowledged_by: 'kim',
        runbook: 'https://example.com/run',
      },
      continues_as: 'wider',
      messages: { team: '1700000000.000100', constructor: '7' },
      escalation_loop: { times: 2, every_ms: 1_800_000 },
      renotify: { triggered_every_ms: 1, acknowledged_every_ms: null },
      quiet_hours: [{ priority: 'P3', from_minute: 1_320, to_minute: 480, timezone: 'Asia/Seoul', days: [1, 5] }],
      timers: [
        { kind: 'page', step: 1, channel: 'call', user: 'kim', due_at },
        { kind: 'loop', round: 1, due_at },
        { kind: 'renotify', due_at },
        { kind: 'hold', due_at },
        { kind: 'calm', due_at },
      ],
      reached: 2,
      forced: [3, 4],
      paused: { timers: [{ timer: { kind: 'escalate', step: 1, repeat: 2, due_at }, left_ms: 5 }], anew: true },
      inhibited_by: 'inc-other',
      released: 'silenced by kim',
      words: [],
    };
    await store.commit({ ...emptyChange(), incidents: new Map([[full.incident.id, full]]) });
    expect((await store.load()).incidents).toEqual([full]);
  });

  test('of what the stages said the last two hundred words are kept', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    const opened = decide(state, observe('a@local', failed, around(0).now), around(0));
    const [incident_id] = opened.incidents.keys();
    const word = (number: number) =>
      ({ incident_id: incident_id!, number, stage: 'escalate', at: '', verdict: 'told', why: String(number) }) as const;
    await store.commit({ ...opened, words: Array.from({ length: 150 }, (_, number) => word(number)) });
    await store.commit({ ...emptyChange(), words: Array.from({ length: 300 }, (_, number) => word(150 + number)) });
    const words = (await store.find(incident_id!))!.words.map(({ why }) => Number(why));
    expect(words).toEqual(Array.from({ length: 200 }, (_, index) => 250 + index));
  });

  test('lists go newest first, page by page, and by state', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    for (let index = 0; index < 5; index++) {
      const change = decide(state, observe(`a@e${index}`, failed, around(index).now), around(index));
      apply(state, change);
      await store.commit(change);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof store.list>> = await store.list({
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...page.items.map(({ environment }) => environment));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(['e4', 'e3', 'e2', 'e1', 'e0']);
    expect((await store.list({ limit: 10, state: 'resolved' })).items).toEqual([]);
    expect((await store.list({ limit: 10, state: 'triggered', cursor: 'nonsense' })).items).toHaveLength(5);
    expect((await store.list({ limit: 1 })).items[0]?.monitors).toEqual(['a@e4']);
  });

  test('three hundred monitors that joined are all there, in their order', async () => {
    const store = alertRepository(sqlite.db);
    const state = emptyState();
    for (let index = 0; index < 300; index++) {
      const change = decide(state, observe(`m${index}@local`, unreachable, around(index).now), around(index));
      apply(state, change);
      await store.commit(change);
    }
    const [incident] = (await store.load()).incidents;
    expect(incident?.incident.monitors).toEqual(Array.from({ length: 300 }, (_, index) => `m${index}@local`));
  });
});

test('the latest deployment of a service counts for its environment or for all', async () => {
  const store = deploymentRepository(sqlite.db);
  const add = (id: string, version: string, environment: string | null, deployed_at: string) =>
    store.add({ id, service: 'api', environment, version, deployed_at, source: 'api', description: null });
  await add('1', '4.10', null, '2026-11-23T03:00:00Z');
  await add('2', '4.11', 'local', '2026-11-23T13:00:00+09:00');
  await add('3', '4.12', 'staging', '2026-11-23T05:00:00Z');
  expect((await store.latest('api', 'local'))?.version).toBe('4.11');
  expect((await store.latest('api', 'production'))?.version).toBe('4.10');
  expect((await store.latest('api', null))?.version).toBe('4.12');
  expect(await store.latest('other', null)).toBeNull();
  const page = await store.list({ service: 'api', limit: 2 });
  expect(page.items.map(({ version }) => version)).toEqual(['4.12', '4.11']);
  const rest = await store.list({ limit: 2, cursor: page.next_cursor! });
  expect(rest).toMatchObject({ items: [{ version: '4.10' }], next_cursor: null });
});
