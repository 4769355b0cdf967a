import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createHeartbeats, type HeartbeatState, type HeartbeatStore } from './heartbeats.ts';

const TOKEN = 'token-of-the-backup';
const fine = { failed: false, message: null };

class MemoryStore implements HeartbeatStore {
  readonly states = new Map<string, HeartbeatState>();
  away = false;

  async load() {
    if (this.away) throw new Error('away');
    return structuredClone([...this.states.values()]);
  }

  async save(states: readonly HeartbeatState[]) {
    if (this.away) throw new Error('away');
    for (const state of states) this.states.set(state.name, structuredClone(state));
  }
}

async function start(store = new MemoryStore(), clock = new VirtualClock()) {
  const logged: string[] = [];
  const log = (_fields: object, message: string) => void logged.push(message);
  const heartbeats = createHeartbeats({
    heartbeats: [{ name: 'backup', token: TOKEN }, { name: 'plain' }],
    store,
    clock,
    log: { info: log, warn: log, error: log },
  });
  const starting = heartbeats.start();
  if (store.away) await clock.advance(2_000);
  await starting;
  return { heartbeats, store, clock, logged };
}

test('a heartbeat is known with its time; before the first one, since when it is waited for', async () => {
  const { heartbeats, clock } = await start();
  const known_since = new Date(clock.now()).toISOString();
  const none = { name: 'backup', known_since, last_at: null, failed: false, message: null };
  expect(heartbeats.lastHeartbeat('backup')).toEqual(none);
  await clock.advance(3_600_000);
  const last_at = new Date(clock.now()).toISOString();
  expect(await heartbeats.beat('backup', [TOKEN], false, fine)).toEqual({ name: 'backup', at: last_at, written: true });
  expect(heartbeats.lastHeartbeat('backup')).toEqual({ ...none, last_at });
  expect(heartbeats.lastHeartbeat('other')).toBeUndefined();
});

test('a job may report that it failed, and why; the next good one stands over it', async () => {
  const { heartbeats } = await start();
  await heartbeats.beat('backup', [TOKEN], false, { failed: true, message: ` disk full ${'x'.repeat(5_000)}` });
  const failed = heartbeats.lastHeartbeat('backup')!;
  expect(failed.failed).toBe(true);
  expect(failed.message).toMatch(/^disk full x{990}$/);
  await heartbeats.beat('backup', [TOKEN], false, fine);
  expect(heartbeats.lastHeartbeat('backup')).toMatchObject({ failed: false, message: null });
});

test('its token opens it, the watcher’s opens all, and nothing opens what is not configured', async () => {
  const { heartbeats } = await start();
  expect(await heartbeats.beat('backup', ['wrong'], false, fine)).toBeNull();
  expect(await heartbeats.beat('backup', [], false, fine)).toBeNull();
  expect(await heartbeats.beat('plain', [TOKEN], false, fine)).toBeNull();
  expect(await heartbeats.beat('other', [TOKEN], true, fine)).toBeNull();
  expect(await heartbeats.beat('backup', ['x', TOKEN], false, fine)).not.toBeNull();
  expect(await heartbeats.beat('plain', [], true, fine)).not.toBeNull();
});

test('a restart knows when it came, and since when it is waited for', async () => {
  const { heartbeats, store, clock } = await start();
  await clock.advance(1_000);
  await heartbeats.beat('backup', [TOKEN], false, fine);
  const before = heartbeats.lastHeartbeat('backup');
  await heartbeats.shutdown(AbortSignal.abort());
  await clock.advance(60_000);
  const next = await start(store, clock);
  expect(next.heartbeats.lastHeartbeat('backup')).toEqual(before);
});

test('while the database is away heartbeats are kept in memory, and written when it is back', async () => {
  const store = new MemoryStore();
  store.away = true;
  const { heartbeats, clock, logged } = await start(store);
  expect(heartbeats.lastHeartbeat('plain')).toBeUndefined();
  const beating = heartbeats.beat('backup', [TOKEN], false, fine);
  await clock.advance(2_000);
  const { at, written } = (await beating)!;
  expect(written).toBe(false);
  expect(heartbeats.lastHeartbeat('backup')).toMatchObject({ last_at: at });
  // Once it is known to be away nobody waits for it.
  await heartbeats.beat('backup', [TOKEN], false, fine);
  store.away = false;
  await clock.advance(60_000);
  expect(store.states.get('backup')?.last_at).toBe(heartbeats.lastHeartbeat('backup')!.last_at);
  expect(heartbeats.lastHeartbeat('plain')).toMatchObject({ last_at: null });
  expect(logged).toEqual([
    expect.stringContaining('cannot be read'),
    expect.stringContaining('cannot be written'),
    expect.stringContaining('written again'),
  ]);
});
