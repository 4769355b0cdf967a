import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Inhibition, type Policy } from '../policies/policy.ts';
import { failed, passed } from '../testing/observations.ts';
import {
  at,
  expectHeld,
  expectNothingElse,
  expectNotified,
  restart,
  run,
  timeline,
  World,
} from '../testing/timeline.ts';

type Labels = Readonly<Record<string, string>>;

/** While an open incident has the first labels, those with the second page nobody. */
function inhibition(when: Labels, held: Labels, equal: readonly string[] = []): Inhibition {
  return { when, hold: held, equal };
}

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

describe('quiet hours', () => {
  const quiet = (priority: 'P1' | 'P3') => ({
    priority,
    quiet_hours: [{ priority, from_minute: 22 * 60, to_minute: 6 * 60, timezone: 'UTC', days: [] }],
  });

  test('let a page of small urgency wait for the morning', async () => {
    const played = await timeline(world(quiet('P3')), [
      at('1m', run(JOURNEY, failed)),
      at('1m', expectHeld('quiet_hours')),
      at('2h59m', expectNothingElse()),
      at('3h', expectNotified('pager: triggered')),
      at('3h5m', expectNotified('call-kim: escalated')),
      at('3h6m', run(JOURNEY, passed)),
      at('3h6m', expectNotified('pager: resolved', 'call-kim: resolved')),
    ]);
    expect(
      played
        .channel('pager')
        .accepted[0]!.page.facts.map(({ text }) => text)
        .join(),
    ).toContain('quiet hours of P3');
  });

  test('what passes in the night is never told', async () => {
    await timeline(world(quiet('P3')), [
      at('1m', run(JOURNEY, failed)),
      at('5m', run(JOURNEY, passed)),
      at('8h', expectNothingElse()),
    ]);
  });

  test('never hold back a P1', async () => {
    await timeline(world(quiet('P1')), [at('1m', run(JOURNEY, failed)), at('1m', expectNotified('pager'))]);
  });

  test('a more urgent failure that joins rings at once', async () => {
    const urgent: Policy = { ...paging, id: 'urgent', priority: 'P1' };
    const played = new World([{ ...paging, ...quiet('P3') }, urgent], ['pager', 'call-kim']);
    await timeline(played, [
      at('1m', run(JOURNEY, { ...failed, policy: 'critical' })),
      at('2m', expectNothingElse()),
      at('3m', run('pay@local', { ...failed, policy: 'urgent' })),
      at('3m', expectNotified('pager: triggered')),
    ]);
  });
});

describe('inhibition', () => {
  const inhibit = [inhibition({ service: 'database' }, { team: 'posts', service: 'reference-api' }, ['environment'])];
  const database = { ...failed, service: 'database' };

  test('while the database is down, nobody is told of what needs it; what still fails afterwards rings', async () => {
    await timeline(world({ inhibit }), [
      at('0s', run('database@local', database)),
      at('0s', expectNotified('pager: triggered')),
      at('10s', run(JOURNEY, failed)),
      at('20s', expectNothingElse()),
      at('30s', run('database@local', { ...passed, service: 'database' })),
      at('30s', expectNotified('pager: resolved', 'pager: triggered')),
    ]);
  });

  test('of another environment holds nothing back', async () => {
    await timeline(world({ inhibit }), [
      at('0s', run('database@staging', database)),
      at('0s', expectNotified('pager')),
      at('10s', run(JOURNEY, failed)),
      at('10s', expectNotified('pager')),
    ]);
  });

  test('found out later pauses what rings already, which goes on where it was', async () => {
    await timeline(world({ inhibit }), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('1m', run('database@local', database)),
      at('1m', expectNotified('pager')),
      at('1m10s', async ({ desk }) => {
        const open = desk.openIncidents().find(({ service }) => service === 'database')!;
        await desk.acknowledge(open.id, { by: 'kim', via: 'web' });
      }),
      at('1m10s', expectNotified('pager: acknowledged')),
      at('9m', expectNothingElse()),
      at('10m', run('database@local', { ...passed, service: 'database' })),
      at('10m', expectNotified('pager: resolved')),
      at('13m59s', expectNothingElse()),
      at('14m', expectNotified('call-kim: escalated')),
    ]);
  });

  test('of each other never silences both', async () => {
    const mutual = [
      inhibition({ service: 'database' }, { service: 'reference-api' }),
      inhibition({ service: 'reference-api' }, { service: 'database' }),
    ];
    await timeline(world({ inhibit: mutual }), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('1s', run('database@local', database)),
      at('1s', expectNothingElse()),
      at('2m', run(JOURNEY, passed)),
      at('2m', expectNotified('pager: resolved', 'pager: triggered')),
    ]);
  });

  test('survives a restart', async () => {
    await timeline(world({ inhibit }), [
      at('0s', run('database@local', database)),
      at('0s', expectNotified('pager')),
      at('10s', run(JOURNEY, failed)),
      at('20s', restart()),
      at('25s', run(JOURNEY, failed)),
      at('30s', expectNothingElse()),
      at('40s', run('database@local', { ...passed, service: 'database' })),
      at('40s', expectNotified('pager: resolved', 'pager: triggered')),
    ]);
  });
});
