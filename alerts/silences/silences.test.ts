import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { failed, passed, unreachable } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectHeld,
  expectNothingElse,
  expectNotified,
  restart,
  run,
  silence,
  timeline,
  World,
} from '../testing/timeline.ts';

const JOURNEY = 'post-journey@local';

const paging: Policy = {
  ...builtInPolicy,
  id: 'critical',
  priority: 'P2',
  labels: { team: 'posts' },
  escalation: [
    { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
    { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: 120_000 },
  ],
};
const world = (policy: Partial<Policy> = {}, deps: ConstructorParameters<typeof World>[2] = {}) =>
  new World([{ ...paging, ...policy }], ['pager', 'call-kim'], deps);

describe('a silence', () => {
  test('keeps what it matches from everyone, shows it, and lets it ring from the first step when it ends', async () => {
    const played = await timeline(world(), [
      at('0s', silence({ team: 'posts' }, '30m', 'deploying')),
      at('1m', run(JOURNEY, failed)),
      at('1m', expectHeld('silence')),
      at('29m59s', expectNothingElse()),
      at('30m', expectNotified('pager: triggered')),
      at('30m', expectHeld(null)),
      at('35m', expectNotified('call-kim: escalated')),
    ]);
    const pages = played.channel('pager').accepted;
    expect(pages[0]!.page.facts.map(({ text }) => text).join('\n')).toContain(
      'silenced by kim until 03:30 UTC: deploying',
    );
    expect([...played.store.events.values()].map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['triggered', 'held', 'released', 'notified']),
    );
    expect(played.desk.explain(played.incident.id)?.map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
      'evaluate passed',
      'group passed',
      'silence held',
      'silence released',
      'escalate told',
      'deliver told',
      'escalate told',
      'deliver told',
    ]);
  });

  test('of another service holds nothing back', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'billing' }, '30m')),
      at('1m', run(JOURNEY, failed)),
      at('1m', expectNotified('pager')),
    ]);
  });

  test('made for what rings already pauses the steps; the end is told to those who know, and to nobody else', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('4m', silence({ service: 'reference-api' }, '1h')),
      at('50m', expectNothingElse()),
      at('51m', run(JOURNEY, passed)),
      at('51m', expectNotified('pager: resolved')),
      at('3h', expectNothingElse()),
    ]);
  });

  test('made for what rings already: still failing at its end, it rings from the first step', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('6m', expectNotified('call-kim: escalated')),
      at('6m30s', silence({ service: 'reference-api' }, '30m')),
      at('36m', expectNothingElse()),
      at('36m30s', expectNotified('pager: escalated')),
      at('41m30s', expectNotified('call-kim: escalated')),
    ]);
  });

  test('ended early, it lets go at once', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '1h')),
      at('1m', run(JOURNEY, failed)),
      at('5m', async ({ desk }) => {
        await desk.endSilence(desk.silences()[0]!.id, { by: 'minsu', via: 'call-minsu' });
      }),
      at('5m', expectNotified('pager: triggered')),
      at('5m', ({ desk }) => expect(desk.silences()).toMatchObject([{ ended_by: 'minsu, by call-minsu' }])),
    ]);
  });

  test('of one that somebody has taken wakes nobody when it ends', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('1m', silence({ service: 'reference-api' }, '30m')),
      at('2m', acknowledge('kim')),
      at('2m', expectNotified('pager: acknowledged')),
      at('3h', expectNothingElse()),
    ]);
  });

  test('survives a restart, and ends in time after it', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '30m')),
      at('1m', run(JOURNEY, failed)),
      at('10m', restart()),
      at('29m59s', expectNothingElse()),
      at('30m', expectNotified('pager: triggered')),
    ]);
  });

  test('ended while the watcher was down, it rings at the start', async () => {
    const played = await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '30m')),
      at('1m', run(JOURNEY, failed)),
    ]);
    await played.desk.shutdown(AbortSignal.abort());
    await played.clock.advance(3_600_000);
    await played.restart();
    expectNotified('pager: triggered')(played);
  });

  test('is not made longer by a clock that is set back', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '30m')),
      at('1m', run(JOURNEY, failed)),
      at('2m', ({ clock }) => clock.step(-3_600_000)),
      at('29m59s', expectNothingElse()),
      at('30m', expectNotified('pager: triggered')),
      at('30m', ({ desk }) => expect(desk.silences()).toMatchObject([{ ended_by: null }])),
    ]);
  });

  test('ends early by no more than the clock is set forward', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '2h')),
      at('1m', run(JOURNEY, failed)),
      at('2m', ({ clock }) => clock.step(3_600_000)),
      at('59m', expectNothingElse()),
      at('1h', expectNotified('pager: triggered')),
    ]);
  });

  test('a page that the channel has not taken yet waits for its end as well', async () => {
    const played = world();
    played.channel('pager').answer = () => ({ status: 'retryable', error: new Error('status 503') });
    await timeline(played, [
      at('0s', run(JOURNEY, failed)),
      at('10s', silence({ service: 'reference-api' }, '30m')),
      at('11s', ({ channel }) => {
        played.channel('pager').answer = () => ({ status: 'accepted' });
        void channel;
      }),
      at('30m', expectNothingElse()),
      at('30m10s', expectNotified('pager: triggered')),
    ]);
  });

  test('a person who escalates is heard through it', async () => {
    await timeline(world(), [
      at('0s', silence({ service: 'reference-api' }, '1h')),
      at('1m', run(JOURNEY, failed)),
      at('2m', async ({ desk, incident }) => {
        await desk.escalate(incident.id, { by: 'kim', via: 'web' });
      }),
      at('2m', expectNotified('pager: triggered')),
      at('59m', expectNothingElse()),
      at('1h', expectNotified('pager: escalated')),
    ]);
  });

  test('for one monitor does not hide that another one fails too', async () => {
    await timeline(world(), [
      at('0s', silence({ monitor: JOURNEY }, '1h')),
      at('1m', run(JOURNEY, unreachable)),
      at('1m', expectHeld('silence')),
      at('2m', run('sign-in@local', unreachable)),
      at('2m', expectNotified('pager: triggered')),
    ]);
  });

  test('from the phone covers this incident and its monitors', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('10s', async ({ desk, incident }) => {
        const made = await desk.silenceIncident(incident.id, 30 * 60_000, { by: 'kim', via: 'call-kim' });
        expect(made?.matchers).toContainEqual({ label: 'monitor', is: '=~', value: 'post-journey@local' });
      }),
      at('10s', expectHeld('silence')),
      at('11s', run('other@local', { ...failed, service: 'billing' })),
      at('11s', expectNotified('pager')),
    ]);
  });

  test('without an end, or of everything, is refused', async () => {
    const { desk } = world();
    const who = { by: 'kim', via: 'api' };
    const starts_at = '2026-11-23T03:00:00Z';
    const billing = { label: 'service', is: '=', value: 'billing' } as const;
    const all = { label: 'service', is: '=~', value: '.*' } as const;
    await expect(
      desk.silence({ matchers: [billing], starts_at, ends_at: '2027-11-23T03:00:00Z', reason: '' }, who),
    ).rejects.toThrow('ends_at: must not last longer than 30 days');
    await expect(
      desk.silence({ matchers: [all], starts_at, ends_at: '2026-11-23T04:00:00Z', reason: '' }, who),
    ).rejects.toThrow('this would silence everything');
  });

  test('is listed for a day after its end', async () => {
    const played = await timeline(world(), [
      at('0s', silence({ service: 'billing' }, '1h')),
      at('24h', ({ desk }) => expect(desk.silences()).toHaveLength(1)),
      at('25h', ({ desk }) => expect(desk.silences()).toHaveLength(0)),
      at('26h', silence({ service: 'billing' }, '1h')),
      at('28h', ({ store }) => expect(store.state.silences.size).toBe(1)),
    ]);
    expect(played.news()).toEqual([]);
  });
});

describe('a maintenance window', () => {
  const nightly = {
    id: 'nightly',
    name: 'Nightly restore',
    matchers: [{ label: 'service', is: '=', value: 'reference-api' }],
    schedule: { cron: '30 3 * * *', timezone: 'UTC', duration_ms: 3_600_000 },
    source: 'config',
    created_by: 'ringdown.yaml',
  } as const;

  test('of the config holds back while it lasts, again and again', async () => {
    await timeline(world({}, { maintenance: [nightly] }), [
      at('31m', run(JOURNEY, failed)),
      at('31m', expectHeld('maintenance')),
      at('1h29m', expectNothingElse()),
      at('1h30m', expectNotified('pager: triggered')),
      at('1h31m', run(JOURNEY, passed)),
      at('1h31m', expectNotified('pager: resolved')),
      at('24h40m', run(JOURNEY, failed)),
      at('24h41m', expectNothingElse()),
      at('25h30m', expectNotified('pager: triggered')),
    ]);
  });

  test('that begins while something rings pauses it', async () => {
    await timeline(world({}, { maintenance: [nightly] }), [
      at('28m', run(JOURNEY, failed)),
      at('28m', expectNotified('pager: triggered')),
      at('30m', expectHeld('maintenance')),
      at('1h29m', expectNothingElse()),
      at('1h30m', expectNotified('pager: escalated')),
    ]);
  });

  test('planned over the API survives a restart and can be cancelled; one of the config cannot', async () => {
    await timeline(world({}, { maintenance: [nightly] }), [
      at('0s', async ({ desk }) => {
        const { name, matchers } = nightly;
        const schedule = { starts_at: '2026-11-23T03:00:00Z', ends_at: '2026-11-23T05:00:00Z' };
        await desk.planMaintenance({ name, matchers, schedule }, { by: 'kim', via: 'web' });
      }),
      at('1m', run(JOURNEY, failed)),
      at('1m', expectHeld('maintenance')),
      at('2m', restart()),
      at('3m', async ({ desk }) => {
        const [ofConfig, ofApi] = desk.maintenanceWindows();
        expect(await desk.cancelMaintenance(ofConfig!.id, { by: 'kim', via: 'web' })).toBe(false);
        expect(await desk.cancelMaintenance(ofApi!.id, { by: 'kim', via: 'web' })).toBe(true);
      }),
      at('3m', expectNotified('pager: triggered')),
    ]);
  });
});
