import { describe, expect, test } from '@jest/globals';
import type { Observation } from '../../alerts/engine/observation.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { ControlTargets, type Knock } from './control-targets.ts';
import { keepAlive } from './dead-man.ts';
import { reasonsForSilence, type Signs, troubles } from './troubles.ts';
import { watchSelf } from './watchdog.ts';

const well: Signs = {
  schedulerBehindMs: 0,
  rulesBehindMs: 0,
  relayDownMs: 0,
  channels: [{ name: 'pager', waitingMs: 0, lastError: null }],
  damagedState: null,
  storage: null,
  offline: false,
};

describe('what is trouble', () => {
  const table: [string, Partial<Signs>, string | null][] = [
    ['nothing', {}, null],
    ['a run that is somewhat late', { schedulerBehindMs: 59_000 }, null],
    ['runs that do not start', { schedulerBehindMs: 120_000 }, 'runs are not started: the first is 2 min late'],
    ['a relay that restarts', { relayDownMs: 20_000 }, null],
    [
      'a relay that stays away',
      { relayDownMs: 120_000 },
      'the relay has been down for 2 min: telemetry is not received',
    ],
    ['rules that stand still', { rulesBehindMs: 120_000 }, 'rules are not evaluated: the first is 2 min late'],
    [
      'a channel that takes nothing',
      { channels: [{ name: 'pager', waitingMs: 600_000, lastError: 'answered 503' }] },
      'channel pager has taken nothing for 10 min: answered 503',
    ],
  ];
  test.each(table)('%s', (_name, patch, expected) => {
    const [first] = troubles({ ...well, ...patch });
    expect(first?.message ?? null).toBe(expected);
    expect(reasonsForSilence({ ...well, ...patch })).toEqual(expected === null ? [] : [expected]);
  });

  test('a network that is gone, or a database, pages nobody from here and silences the dead-man call', () => {
    const signs = { ...well, storage: 'disk full', offline: true };
    expect(troubles(signs)).toEqual([]);
    expect(reasonsForSilence(signs)).toEqual([
      'alert state cannot be written: disk full',
      'the watcher is offline: no control target answers',
    ]);
  });
});

test('when no channel takes anything the dead-man call stays away at once; while one does, others are told', () => {
  const down = (name: string) => ({ name, waitingMs: 30_000, lastError: 'connection refused' });
  const fine = { name: 'team', waitingMs: 0, lastError: null };
  expect(reasonsForSilence({ ...well, channels: [down('pager'), down('team')] })).toEqual([
    'no channel takes anything',
  ]);
  expect(reasonsForSilence({ ...well, channels: [down('pager'), fine] })).toEqual([]);
});

test('a database that was damaged is told of, and the dead-man is called, because the new one works', () => {
  const signs = { ...well, damagedState: '/data/state.db.quarantined-1' };
  expect(troubles(signs)).toMatchObject([
    { part: 'state', message: expect.stringContaining('state.db.quarantined-1') },
  ]);
  expect(reasonsForSilence(signs)).toEqual([]);
});

describe('the watcher pages about itself', () => {
  async function watching(signs: () => Signs, alarmed: string[] = []) {
    const clock = new VirtualClock();
    const seen: Observation[] = [];
    const stop = new AbortController();
    const over = watchSelf(
      { clock, signs: async () => signs(), observe: async (one) => void seen.push(one), alarmed },
      stop.signal,
    );
    const end = () => {
      stop.abort();
      return over;
    };
    await clock.advance(0);
    return { clock, seen, end };
  }

  test('once, when trouble lasts, and says so when it is over', async () => {
    let now: Signs = { ...well, relayDownMs: 180_000 };
    const { clock, seen, end } = await watching(() => now);
    expect(seen).toEqual([]);
    await clock.advance(60_000);
    now = well;
    await clock.advance(5_000);
    expect(seen.map(({ monitor, status, failure }) => [monitor, status, failure?.message])).toEqual([
      ['relay@watcher', 'error', 'the relay has been down for 3 min: telemetry is not received'],
      ['relay@watcher', 'passed', undefined],
    ]);
    await end();
  });

  test('goes on with what an earlier process left open: nothing new while it lasts, and its end', async () => {
    let now: Signs = { ...well, relayDownMs: 180_000 };
    const { clock, seen, end } = await watching(() => now, ['relay@watcher']);
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    now = well;
    await clock.advance(5_000);
    expect(seen.map(({ monitor, status }) => [monitor, status])).toEqual([['relay@watcher', 'passed']]);
    await end();
  });

  test('not when it was suspended and catches up', async () => {
    let looks = 0;
    const { clock, seen, end } = await watching(() =>
      looks++ === 0 ? { ...well, schedulerBehindMs: 3_600_000 } : well,
    );
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    await end();
  });
});

describe('the dead-man call', () => {
  async function calling(reasons: () => string[], answer: () => Promise<void> = async () => {}) {
    const clock = new VirtualClock();
    const calls: number[] = [];
    const changes: (string | null)[] = [];
    const stop = new AbortController();
    const over = keepAlive(
      { url: 'https://hc.example.com/secret-uuid', everyMs: 60_000 },
      {
        clock,
        userAgent: 'ringdown/test',
        reasonsForSilence: reasons,
        onChange: (trouble) => changes.push(trouble),
        ping: async () => {
          calls.push(clock.monotonic() / 1_000);
          await answer();
        },
      },
      stop.signal,
    );
    const end = () => {
      stop.abort();
      return over;
    };
    await clock.advance(0);
    return { clock, calls, changes, end };
  }

  test('goes out at once and then every minute', async () => {
    const { clock, calls, changes, end } = await calling(() => []);
    await clock.advance(180_000);
    expect(calls).toEqual([0, 60, 120, 180]);
    expect(changes).toEqual([]);
    await end();
  });

  test('stays away while something is wrong, and comes back soon after', async () => {
    let reasons: string[] = [];
    const { clock, calls, changes, end } = await calling(() => reasons);
    reasons = ['runs are not started'];
    await clock.advance(200_000);
    expect(calls).toEqual([0]);
    reasons = [];
    await clock.advance(5_000);
    expect(calls).toHaveLength(2);
    expect(changes).toEqual(['not called: runs are not started', null]);
    await end();
  });

  test('is tried again every five seconds, and its URL is not told', async () => {
    let fails = true;
    const { clock, calls, changes, end } = await calling(
      () => [],
      async () => {
        if (fails) throw new Error('GET https://hc.example.com/secret-uuid failed');
      },
    );
    await clock.advance(10_000);
    expect(calls).toEqual([0, 5, 10]);
    fails = false;
    await clock.advance(5_000);
    expect(changes).toEqual(['cannot be called: GET [url] failed', null]);
    await end();
  });

  test('gives up on an answer that does not come', async () => {
    const { clock, changes, end } = await calling(
      () => [],
      () => new Promise(() => {}),
    );
    await clock.advance(10_000);
    expect(changes).toEqual(['cannot be called: no answer within 10 s']);
    await end();
  });
});

describe('control targets', () => {
  const refuse: Knock = async () => {
    throw new Error('ENETUNREACH');
  };

  test('one that answers is enough', async () => {
    const clock = new VirtualClock();
    const targets = new ControlTargets(['https://a.example', 'http://b.example:8080'], clock, async (host, port) => {
      if (host === 'a.example') throw new Error('ENOTFOUND');
      expect([host, port]).toEqual(['b.example', 8080]);
    });
    expect(await targets.offline()).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('when none answers, or none in time, the watcher is offline', async () => {
    const clock = new VirtualClock();
    expect(await new ControlTargets(['https://a.example'], clock, refuse).offline()).toBe(true);
    const silent = new ControlTargets(['https://a.example'], clock, () => new Promise(() => {})).offline();
    await clock.advance(2_000);
    expect(await silent).toBe(true);
  });

  test('without any, it is never offline', async () => {
    expect(await new ControlTargets([], new VirtualClock(), refuse).offline()).toBe(false);
  });

  test('monitors that fail together share one answer, for five seconds', async () => {
    const clock = new VirtualClock();
    let knocks = 0;
    const targets = new ControlTargets(['https://a.example'], clock, async () => void knocks++);
    await Promise.all([targets.offline(), targets.offline()]);
    await clock.advance(4_999);
    await targets.offline();
    expect(knocks).toBe(1);
    await clock.advance(1);
    await targets.offline();
    expect(knocks).toBe(2);
  });
});
