import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { degraded, failed, passed, skipped, unreachable, watcherFault } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectNothingElse,
  expectNotified,
  resolve,
  restart,
  run,
  timeline,
  World,
} from '../testing/timeline.ts';

const JOURNEY = 'post-journey@local';

const paging: Policy = {
  ...builtInPolicy,
  id: 'critical',
  priority: 'P1',
  escalation: [
    { after_ms: 0, notify: ['pager', 'team'], repeat_every_ms: null },
    { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: 120_000 },
  ],
  resolve: { after_passing: 1 },
};

const world = (policy = paging) => new World([policy], ['pager', 'team', 'call-kim']);

describe('an incident over time', () => {
  test('nobody acknowledges: the steps follow one another, and the last repeats', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered', 'team: triggered')),
      at('4m59s', expectNothingElse()),
      at('5m', expectNotified('call-kim: escalated')),
      at('7m', expectNotified('call-kim: escalated')),
      at('9m', expectNotified('call-kim: escalated')),
      at('9m10s', acknowledge('kim')),
      at('9m10s', expectNotified('pager: acknowledged', 'team: acknowledged', 'call-kim: acknowledged')),
      at('2h', expectNothingElse()),
    ]);
  });

  test('one that is resolved says so on the channels that were told, under the same key', async () => {
    const played = await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('5s', run(JOURNEY, failed)),
      at('10s', run(JOURNEY, passed)),
      at('10s', expectNotified('pager: triggered', 'team: triggered', 'pager: resolved', 'team: resolved')),
      at('1h', expectNothingElse()),
    ]);
    const keys = new Set(played.channel('pager').accepted.map(({ dedup_key }) => dedup_key));
    expect(keys.size).toBe(1);
    expect([...keys][0]!.length).toBeLessThanOrEqual(255);
    const deliveries = played.channel('pager').accepted.map(({ delivery_id }) => delivery_id);
    expect(new Set(deliveries).size).toBe(2);
    expect(played.desk.monitorState(JOURNEY)).toMatchObject({ state: 'passing', incident_id: null });
  });

  test('a second failure after it is resolved rings again under another key', async () => {
    const played = await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('30s', run(JOURNEY, passed)),
      at('60s', run(JOURNEY, failed)),
    ]);
    const events = played.channel('pager').accepted.map(({ event }) => event);
    expect(events).toEqual(['incident.triggered', 'incident.resolved', 'incident.triggered']);
    const [first, , second] = played.channel('pager').accepted;
    expect(first!.dedup_key).not.toBe(second!.dedup_key);
  });

  test('an acknowledged incident stays quiet after a restart', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('10s', acknowledge('kim')),
      at('10s', expectNotified('pager: triggered', 'team: triggered', 'pager: acknowledged', 'team: acknowledged')),
      at('20s', restart()),
      at('30s', run(JOURNEY, failed)),
      at('1h', expectNothingElse()),
      at('1h', run(JOURNEY, passed)),
      at('1h', expectNotified('pager: resolved', 'team: resolved')),
    ]);
  });

  test('a restart in the wait for a step keeps its time', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager', 'team')),
      at('3m', restart()),
      at('4m59s', expectNothingElse()),
      at('5m', expectNotified('call-kim')),
    ]);
  });

  test('a step that fell due while the watcher was down is carried out at its start', async () => {
    const played = world();
    await timeline(played, [at('0s', run(JOURNEY, failed)), at('0s', expectNotified('pager', 'team'))]);
    await played.desk.shutdown(AbortSignal.abort());
    await played.clock.advance(600_000);
    await played.restart();
    expect(played.news().map(({ channel }) => channel)).toEqual(['call-kim']);
  });

  test('setting the system clock neither rings early nor forgets', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager', 'team')),
      at('1m', ({ clock }) => clock.step(3_600_000)),
      at('4m59s', expectNothingElse()),
      at('5m', expectNotified('call-kim')),
      at('5m', ({ clock }) => clock.step(-7_200_000)),
      at('7m', expectNotified('call-kim')),
    ]);
  });

  test('skipped runs, faults of the watcher, warnings and quarantine ring nobody', async () => {
    const played = await timeline(world(), [
      at('0s', run(JOURNEY, skipped)),
      at('1s', run(JOURNEY, watcherFault)),
      at('2s', run('slow@local', degraded)),
      at('3s', run('flaky@local', { ...failed, quarantined: true })),
      at('1h', expectNothingElse()),
    ]);
    expect(played.desk.monitorState(JOURNEY)?.state).toBe('no_data');
    expect(played.desk.monitorState('slow@local')?.state).toBe('degraded');
    expect(played.desk.monitorState('flaky@local')?.state).toBe('failing');
    expect(played.desk.openIncidents()).toEqual([]);
  });

  test('somebody resolves it by hand: quiet until the monitor has passed, or fails differently', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('10s', resolve('kim')),
      at('10s', expectNotified('pager: triggered', 'team: triggered', 'pager: resolved', 'team: resolved')),
      at('20s', run(JOURNEY, failed)),
      at('30s', run(JOURNEY, failed)),
      at('1h', expectNothingElse()),
      at('1h', run(JOURNEY, unreachable)),
      at('1h', expectNotified('pager: triggered', 'team: triggered')),
    ]);
  });

  test('a monitor that is no longer run lets go of its incident', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('10s', ({ desk }) => desk.retain(['other@local'])),
      at('10s', expectNotified('pager: triggered', 'team: triggered', 'pager: resolved', 'team: resolved')),
    ]);
  });
});

test('the third incident of a cause within an hour says that it comes and goes', async () => {
  const played = new World([paging], ['pager', 'team', 'call-kim']);
  const labels = () =>
    played
      .channel('pager')
      .accepted.at(-1)
      ?.page.facts.map(({ label }) => label);
  await played.start();
  for (let time = 1; time <= 3; time++) {
    await played.run(JOURNEY, failed);
    expect(labels()?.includes('Flapping')).toBe(time === 3);
    await played.clock.advance(10_000);
    await played.run(JOURNEY, passed);
    await played.clock.advance(10_000);
  }
  expect(played.incident.state).toBe('triggered');
  expect([...played.store.events.values()].map(({ message }) => message)).toContain(
    'it comes and goes, so it ends only after 10 min of passing',
  );
});

test('setting the clock neither rings early nor forever postpones, nor tells of an outage that ends before it begins', async () => {
  const played = new World([paging], ['pager', 'team', 'call-kim']);
  await timeline(played, [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager', 'team')),
    at('1m', ({ clock }) => clock.step(3_600_000)),
    at('4m59s', expectNothingElse()),
    at('5m', expectNotified('call-kim')),
    at('5m30s', ({ clock }) => clock.step(-7_200_000)),
    at('6m59s', expectNothingElse()),
    at('7m', expectNotified('call-kim')),
    at('7m30s', run(JOURNEY, passed)),
    at('7m30s', expectNotified('pager', 'team', 'call-kim')),
  ]);
  const { page } = played.channel('pager').accepted.at(-1)!;
  expect(page.headline).not.toMatch(/-\d|NaN/);
  expect(page.facts[0]?.text).not.toMatch(/-\d+ (ms|s|min)|NaN/);
});
