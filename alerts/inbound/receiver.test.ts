import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inbound as generic } from './generic/index.ts';
import { NOW, requestOf, type TestReceiver, TOKEN, testReceiver } from './testing/desk.ts';

const settings = {
  name: 'source',
  type: 'generic',
  token: TOKEN,
  list: 'body.alerts',
  map: {
    key: '{{ item.key }}',
    state: '{{ item.state }}',
    title: '{{ item.title }}',
    text: '{{ item.text }}',
    at: '{{ item.at }}',
    url: '{{ item.url }}',
    labels: { note: '{{ item.note }}' },
  },
};
const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();
const item = (key: string, state: 'on' | 'ok', at: number | null = null, over: object = {}) => ({
  key,
  state,
  title: key,
  ...(at === null ? {} : { at: iso(at) }),
  ...over,
});
const say = (it: TestReceiver, ...alerts: object[]) => it.receiver.receive('source', requestOf({ alerts }));
const statuses = (it: TestReceiver) => it.observed.map(({ monitor, status }) => `${monitor.split('/')[1]} ${status}`);
const count = (it: TestReceiver, outcome: string) =>
  it.receiver.counts().find((entry) => entry.outcome === outcome)?.count ?? 0;

test('what comes while the watcher ends is not taken, so that it is sent again to the next one', async () => {
  const it = await testReceiver(generic, settings);
  await it.receiver.shutdown(AbortSignal.timeout(1_000));
  expect(await say(it, item('a', 'on', NOW))).toMatchObject({ status: 'unavailable' });
  expect(it.observed).toEqual([]);
  const next = await it.restart();
  await say(next, item('a', 'on', NOW));
  expect(statuses(next)).toEqual(['a failed']);
});

describe('what is news', () => {
  test('a firing alert with other words is told again, a repeated one is not', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW, { text: '5%' }));
    await say(it, item('a', 'on', NOW, { text: '5%' }));
    await say(it, item('a', 'on', NOW, { text: '50%' }));
    expect(it.observed.map(({ failure }) => failure?.message)).toEqual(['a: 5%', 'a: 50%']);
    expect(new Set(it.observed.map(({ run_id }) => run_id)).size).toBe(2);
  });

  test('what was compiled from a policy comes back to it; anything else follows the policy of its source', async () => {
    const labels = { ringdown_policy: '{{ item.policy }}' };
    const it = await testReceiver(generic, { ...settings, policy: 'default', map: { ...settings.map, labels } });
    await say(it, item('a', 'on', NOW, { policy: 'critical' }), item('b', 'on', NOW));
    expect(it.observed.map(({ policy }) => policy)).toEqual(['critical', 'default']);
  });

  test('an end that comes before its beginning is remembered, so that the beginning does not ring for ever', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'ok', NOW));
    await say(it, item('a', 'on', NOW - 1_000));
    expect(it.observed).toEqual([]);
    expect([count(it, 'unknown'), count(it, 'out_of_order')]).toEqual([1, 1]);
    await say(it, item('a', 'on', NOW + 1_000));
    expect(statuses(it)).toEqual(['a failed']);
  });

  test('where the sender names no time, the order of receipt counts, also when our clock is set back', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on'));
    it.clock.step(-60 * MINUTE);
    await say(it, item('a', 'ok'));
    await say(it, item('a', 'on'));
    expect(statuses(it)).toEqual(['a failed', 'a passed', 'a failed']);
  });

  test('a sender whose clock is years ahead can still end its alert', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', Date.UTC(2099, 0, 1)));
    expect(it.observed[0]!.at).toBe(iso(NOW + 10 * MINUTE));
    await it.clock.advance(MINUTE);
    await say(it, item('a', 'ok', Date.UTC(2099, 0, 1)));
    expect(statuses(it)).toEqual(['a failed', 'a passed']);
  });

  test('an old beginning is shown at most ten minutes old, and has its own time in the key', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW - 5 * 60 * MINUTE));
    expect(it.observed[0]).toMatchObject({
      started_at: iso(NOW - 10 * MINUTE),
      scheduled_at: iso(NOW - 5 * 60 * MINUTE),
    });
  });

  test('however words are repeated, doubled and delayed, what was said last stands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ firing: fc.boolean(), repeats: fc.integer({ min: 1, max: 3 }) }), { maxLength: 12 }),
        async (words) => {
          const it = await testReceiver(generic, settings);
          let last: 'failed' | 'passed' | undefined;
          for (const [index, { firing, repeats }] of words.entries()) {
            const word = item('a', firing ? 'on' : 'ok', NOW + index * 1_000);
            for (let time = 0; time < repeats; time++) await say(it, word);
            // What came before arrives once more.
            if (index > 0) await say(it, item('a', words[index - 1]!.firing ? 'on' : 'ok', NOW + (index - 1) * 1_000));
            if (firing) last = 'failed';
            else if (last) last = 'passed';
          }
          expect(it.observed.at(-1)?.status).toBe(last);
          await it.receiver.shutdown(AbortSignal.abort());
        },
      ),
      { numRuns: 60, seed: 6 },
    );
  });
});

describe('silence of a source', () => {
  test('ends nothing', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW));
    await it.clock.advance(30 * 24 * 60 * MINUTE);
    expect(statuses(it)).toEqual(['a failed']);
  });

  test('ends what it said after expires_after; being repeated keeps an alert', async () => {
    const it = await testReceiver(generic, { ...settings, expires_after: '1h' });
    await say(it, item('a', 'on', NOW), item('b', 'on', NOW));
    await it.clock.advance(50 * MINUTE);
    await say(it, item('b', 'on', NOW));
    await it.clock.advance(20 * MINUTE);
    expect(statuses(it)).toEqual(['a failed', 'b failed', 'a passed']);
    expect(count(it, 'expired')).toBe(1);
    expect(it.observed.at(-1)!.recovery).toBe('not repeated for 1 h');
    expect(it.logged).toContainEqual(expect.objectContaining({ reason: 'not repeated for 1 h' }));
    await it.clock.advance(60 * MINUTE);
    expect(statuses(it)).toEqual(['a failed', 'b failed', 'a passed', 'b passed']);
  });

  test('while nobody listened does not count', async () => {
    const it = await testReceiver(generic, { ...settings, expires_after: '1h' });
    await say(it, item('a', 'on', NOW));
    it.clock.step(5 * 60 * MINUTE);
    const later = await it.restart();
    await later.clock.advance(50 * MINUTE);
    expect(statuses(later)).toEqual([]);
    await later.clock.advance(20 * MINUTE);
    expect(statuses(later)).toEqual(['a passed']);
  });
});

describe('a restart', () => {
  test('knows what fires, so that its end resolves', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW));
    const later = await it.restart();
    await say(later, item('a', 'ok', NOW + 1));
    expect(statuses(later)).toEqual(['a passed']);
  });

  test('without the source ends what it said: nothing else ever could', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW), item('b', 'on', NOW));
    await say(it, item('b', 'ok', NOW + 1));
    await it.receiver.shutdown(AbortSignal.abort());
    const renamed = { ...settings, name: 'renamed' };
    const later = await testReceiver(generic, renamed, { store: it.store, clock: it.clock });
    expect(later.observed).toMatchObject([{ monitor: 'inbound:source/a', status: 'passed' }]);
    const again = await testReceiver(generic, renamed, { store: it.store, clock: it.clock });
    expect(again.observed).toEqual([]);
  });

  test('without its database takes what comes, ends too, and catches up', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW), item('b', 'on', NOW));
    it.store.away = true;
    const restarting = it.restart();
    await it.clock.advance(2_000);
    const later = await restarting;
    const said = say(later, item('a', 'ok', NOW + 1));
    await later.clock.advance(2_000);
    expect(await said).toMatchObject({ status: 'unavailable' });
    expect(statuses(later)).toEqual(['a passed']);
    later.store.away = false;
    await later.clock.advance(60_000);
    expect(later.store.alerts.get('source/a')!.alert.state).toBe('resolved');
    await say(later, item('b', 'ok', NOW + 1), item('c', 'ok', NOW + 1));
    expect(statuses(later)).toEqual(['a passed', 'b passed']);
    expect(count(later, 'unknown')).toBe(1);
  });
});

test('what the desk did not take is not remembered: the sender’s next try rings', async () => {
  const it = await testReceiver(generic, settings);
  it.deskError = new Error('a bug');
  await expect(say(it, item('a', 'on', NOW))).rejects.toThrow('a bug');
  it.deskError = null;
  expect(await say(it, item('a', 'on', NOW))).toMatchObject({ changed: 1 });
  it.deskError = new Error('a bug');
  await expect(say(it, item('a', 'ok', NOW + 1))).rejects.toThrow('a bug');
  it.deskError = null;
  expect(await say(it, item('a', 'ok', NOW + 1))).toMatchObject({ changed: 1 });
});

test('an alert that could not be ended in time is ended with the next look', async () => {
  const it = await testReceiver(generic, { ...settings, expires_after: '1h' });
  await say(it, item('a', 'on', NOW));
  it.deskError = new Error('a bug');
  await it.clock.advance(61 * MINUTE);
  expect(it.logged).toContainEqual({ err: it.deskError });
  it.deskError = null;
  await it.clock.advance(MINUTE);
  expect(statuses(it)).toEqual(['a failed', 'a passed']);
});

test('shutting down does not wait for a database that hangs', async () => {
  const it = await testReceiver(generic, settings);
  it.store.saveAlerts = () => new Promise(() => {});
  void say(it, item('a', 'on', NOW));
  await it.clock.advance(0);
  const patience = new AbortController();
  const ended = it.receiver.shutdown(patience.signal);
  patience.abort();
  await ended;
});

describe('what was answered is on disk', () => {
  test('a database that hangs does not hold the sender up for more than two seconds, and is no reason not to ring', async () => {
    const it = await testReceiver(generic, settings);
    it.store.saveAlerts = () => new Promise(() => {});
    const said = say(it, item('a', 'on', NOW));
    await it.clock.advance(2_000);
    expect(await said).toMatchObject({ status: 'unavailable' });
    expect(await say(it, item('b', 'on', NOW))).toMatchObject({ status: 'unavailable' });
    expect(statuses(it)).toEqual(['a failed', 'b failed']);
  });

  test('while the incident is in memory alone the sender is asked for it again, and rings nobody twice', async () => {
    const it = await testReceiver(generic, settings);
    it.deskOnDisk = false;
    for (let tries = 0; tries < 3; tries++) {
      expect(await say(it, item('a', 'on', NOW))).toMatchObject({ status: 'unavailable' });
      await it.clock.advance(3_000);
    }
    expect([it.store.alerts.size, count(it, 'unwritten')]).toEqual([0, 3]);
    it.deskOnDisk = true;
    await it.clock.advance(5_000);
    expect(await say(it, item('a', 'on', NOW))).toMatchObject({ status: 'taken', changed: 0 });
    expect([statuses(it), it.store.alerts.size]).toEqual([['a failed'], 1]);
  });

  test('a crash in that time forgets it here as it does there, so that the next try rings again', async () => {
    const it = await testReceiver(generic, settings);
    it.deskOnDisk = false;
    await say(it, item('a', 'on', NOW));
    const later = await it.restart();
    expect(await say(later, item('a', 'on', NOW))).toMatchObject({ status: 'taken', changed: 1 });
    expect(statuses(later)).toEqual(['a failed']);
  });

  test('whoever repeats it while it is on its way to the disk waits as well', async () => {
    const it = await testReceiver(generic, settings);
    const arrived = Promise.withResolvers<void>();
    const save = it.store.saveAlerts.bind(it.store);
    it.store.saveAlerts = (alerts) => arrived.promise.then(() => save(alerts));
    const first = say(it, item('a', 'on', NOW));
    await it.clock.advance(0);
    let answered = false;
    const second = say(it, item('a', 'on', NOW)).finally(() => {
      answered = true;
    });
    await it.clock.advance(1_000);
    expect(answered).toBe(false);
    arrived.resolve();
    expect(await Promise.all([first, second])).toMatchObject([{ changed: 1 }, { changed: 0 }]);
  });

  test('an end that the desk waits for is told though the beginning is not remembered here', async () => {
    const it = await testReceiver(generic, settings);
    await say(it, item('a', 'on', NOW));
    it.store.alerts.clear();
    const { observed } = it;
    const later = await it.restart();
    later.observed.push(...observed);
    await say(later, item('a', 'ok', NOW + 1), item('b', 'ok', NOW + 1));
    expect(statuses(later)).toEqual(['a failed', 'a passed']);
  });
});

test('strange keys, endless words and text that hides itself are cut to what a page can carry', async () => {
  const it = await testReceiver(generic, settings);
  const long = 'x'.repeat(100_000);
  await say(
    it,
    item(`${long}1`, 'on', NOW, {
      title: `a\n\u202eb\u0000${long}`,
      text: long,
      note: long,
      url: 'javascript:alert(1)',
    }),
    item(`${long}2`, 'on', NOW),
    item('line\nbreak', 'on', NOW),
    item('line break', 'on', NOW),
  );
  const [first] = it.observed;
  expect(new Set(it.observed.map(({ monitor }) => monitor)).size).toBe(4);
  for (const { monitor } of it.observed) expect(monitor.length).toBeLessThanOrEqual(240);
  expect(first!.monitor_name).toMatch(/^a b x+…$/);
  expect(first!.monitor_name.length).toBe(300);
  expect(first!.failure!.message.length).toBeLessThan(4_400);
  expect(first!.labels.note!.length).toBe(1_000);
  expect(first!.source_url).toBeNull();
});

test('an unknown source is refused as a wrong token is, and counted under no name', async () => {
  const it = await testReceiver(generic, settings);
  expect(await it.receiver.receive('nobody', requestOf({}))).toMatchObject({ refused: 'unauthentic' });
  expect(it.receiver.counts()).toEqual([{ source: '', outcome: 'unknown_source', count: 1 }]);
});

test('a flood of nonsense is counted whole and logged once a minute', async () => {
  const it = await testReceiver(generic, settings);
  for (let index = 0; index < 500; index++) await it.receiver.receive('source', requestOf('nonsense'));
  expect(count(it, 'malformed')).toBe(500);
  expect(it.logged).toHaveLength(1);
  await it.clock.advance(MINUTE);
  await it.receiver.receive('source', requestOf('nonsense'));
  expect(it.logged).toHaveLength(2);
});

test('ten thousand brackets are one refusal', async () => {
  const it = await testReceiver(generic, settings);
  const deep = '['.repeat(100_000);
  expect(await it.receiver.receive('source', requestOf(deep + ']'.repeat(100_000)))).toMatchObject({
    status: 'refused',
  });
  const nested = `{"alerts":[{"key":"a","state":"on","title":${deep}${']'.repeat(100_000)}}]}`;
  expect(await it.receiver.receive('source', requestOf(nested))).toMatchObject({ status: 'taken', changed: 1 });
});
