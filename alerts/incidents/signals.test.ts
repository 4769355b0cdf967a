import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy, type SignalRule } from '../policies/policy.ts';
import { alerts, calmsDown, failed, fires, passed, unreachable } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectNothingElse,
  expectNotified,
  restart,
  run,
  timeline,
  World,
} from '../testing/timeline.ts';

const rule = (id: string): SignalRule => ({
  kind: 'threshold',
  id,
  name: id,
  spec: {},
  every_ms: 15_000,
  for_ms: 0,
  keep_firing_for_ms: 0,
  no_data: 'keep',
  priority: null,
  labels: {},
  summary: null,
  runbook: null,
  service: null,
  environment: null,
});
const latency: Policy = { ...builtInPolicy, id: 'latency', priority: 'P3', rules: [rule('slow'), rule('errors')] };
const world = (...policies: Policy[]) => new World(policies.length > 0 ? policies : [latency], ['pager', 'team']);

const slow = (route: string) => `rule:latency/slow{http.route="${route}"}`;
const slowFires = (route: string) => fires('latency', 'slow', { 'http.route': route });
const slowCalms = (route: string) => calmsDown('latency', 'slow', { 'http.route': route });

describe('a rule', () => {
  test('rings under its policy; instances with the same group share an incident with an exact count', async () => {
    await timeline(world(), [
      at('0s', run(slow('/a'), slowFires('/a'))),
      at('0s', expectNotified('pager: triggered', 'team: triggered')),
      at('1s', run(slow('/b'), slowFires('/b'))),
      at('1s', run(slow('/c'), slowFires('/c'))),
      at('2s', ({ incident }) => {
        expect(incident).toMatchObject({ priority: 'P3', policy: 'latency', failing_count: 3, source: 'rule' });
        expect(incident.labels).toMatchObject({ rule: 'slow', policy: 'latency', 'http.route': '/a' });
        expect(incident.title).toBe('Reference API: slow is too high, and 2 more routes');
      }),
      at('3s', run(slow('/b'), slowCalms('/b'))),
      at('3s', ({ incident }) => expect(incident.failing_count).toBe(2)),
      at('4s', run(slow('/a'), slowCalms('/a'))),
      at('5s', run(slow('/c'), slowCalms('/c'))),
      at('5s', expectNotified('pager: resolved', 'team: resolved')),
    ]);
  });

  test('goes on with another value: nobody is told, and whoever looks or is told next hears what is so now', async () => {
    const { failure, ...firing } = slowFires('/a');
    const of = (value: string) => ({ ...firing, failure: { ...failure!, message: `slow is ${value}`, actual: value } });
    const escalation = [
      { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
      { after_ms: 60_000, notify: ['team'], repeat_every_ms: null },
    ];
    await timeline(world({ ...latency, escalation }), [
      at('0s', run(slow('/a'), of('2 s'))),
      at('0s', expectNotified('pager: triggered')),
      at('30s', run(slow('/a'), of('9 s'))),
      at('30s', ({ incident }) => {
        expect(incident).toMatchObject({ title: 'Reference API: slow is 9 s', cause: { actual: '9 s' } });
        expect(incident.cause.failing_since).toBe(incident.triggered_at);
      }),
      at('30s', run(slow('/b'), slowFires('/b'))),
      at('31s', ({ incident }) => expect(incident.title).toBe('Reference API: slow is 9 s, and 1 more route')),
      at('60s', expectNotified('team: escalated')),
      at('61s', expectNothingElse()),
    ]);
  });

  test('of another group, or another rule, is an incident of its own', async () => {
    const byRoute = { ...latency, group_by: ['http.route'] };
    await timeline(world(byRoute), [
      at('0s', run(slow('/a'), slowFires('/a'))),
      at('0s', expectNotified('pager', 'team')),
      at('1s', run(slow('/b'), slowFires('/b'))),
      at('1s', expectNotified('pager', 'team')),
      at('2s', run('rule:latency/errors{}', fires('latency', 'errors', { 'http.route': '/a' }))),
      at('2s', expectNotified('pager', 'team')),
      at('2s', ({ desk }) => expect(desk.openIncidents()).toHaveLength(3)),
    ]);
  });

  test('says its own priority, and how urgent it is decides among those that share an incident', async () => {
    await timeline(world(), [
      at('0s', run(slow('/a'), { ...slowFires('/a'), priority: 'P4' })),
      at('0s', expectNotified('pager', 'team')),
      at('0s', ({ incident }) => expect(incident).toMatchObject({ priority: 'P4', labels: { priority: 'P4' } })),
      at('1s', run(slow('/b'), { ...slowFires('/b'), priority: 'P1' })),
      at('1s', ({ incident }) => expect(incident).toMatchObject({ priority: 'P1', labels: { priority: 'P1' } })),
      at('1m', expectNothingElse()),
    ]);
  });

  test('neither joins the outage of a service nor is taken in by it', async () => {
    await timeline(world(), [
      at('0s', run(slow('/a'), slowFires('/a'))),
      at('0s', expectNotified('pager', 'team')),
      at('1s', run('post-journey@local', unreachable)),
      at('1s', expectNotified('pager: triggered', 'team: triggered')),
      at('2s', run('rule:latency/errors{}', fires('latency', 'errors', {}))),
      at('2s', expectNotified('pager: triggered', 'team: triggered')),
      at('3s', run('post-journey@local', passed)),
      at('3s', expectNotified('pager: resolved', 'team: resolved')),
      at('4s', ({ desk }) => expect(desk.openIncidents()).toHaveLength(2)),
    ]);
  });

  test('that is taken out of its policy lets go of its incident', async () => {
    await timeline(world(), [
      at('0s', run(slow('/a'), slowFires('/a'))),
      at('0s', expectNotified('pager', 'team')),
      at('1m', (now) => now.reload([{ ...latency, rules: [rule('errors')] }])),
      at('1m', expectNotified('pager: resolved', 'team: resolved')),
    ]);
  });

  test('acknowledged stays quiet over restarts, reloads and other instances', async () => {
    await timeline(world(), [
      at('0s', run(slow('/a'), slowFires('/a'))),
      at('1s', acknowledge('kim')),
      at('1s', expectNotified('pager: triggered', 'team: triggered', 'pager: acknowledged', 'team: acknowledged')),
      at('2s', restart()),
      at('3s', run(slow('/b'), slowFires('/b'))),
      at('4s', (now) => now.reload([latency])),
      at('1h', run(slow('/a'), slowFires('/a'))),
      at('9h', expectNothingElse()),
      at('9h', ({ incident }) => expect(incident.failing_count).toBe(2)),
    ]);
  });
});

describe("another system's alert", () => {
  const disk = (host: string) => `inbound:alertmanager/${host}`;

  test('is an incident of its own, under the policy that its source names', async () => {
    await timeline(world(), [
      at('0s', run(disk('db-1'), { ...alerts('firing'), policy: 'latency', priority: 'P1' })),
      at('0s', expectNotified('pager', 'team')),
      at('0s', ({ incident }) =>
        expect(incident).toMatchObject({ source: 'inbound', priority: 'P1', policy: 'latency' }),
      ),
      at('1s', run(disk('db-2'), alerts('firing'))),
      at('1s', expectNotified('pager', 'team')),
      at('1m', run(disk('db-1'), alerts('resolved'))),
      at('1m', expectNotified('pager: resolved', 'team: resolved')),
      at('1m', ({ incident }) => expect(incident.policy).toBe('built-in')),
    ]);
  });

  test('with a name is grouped by service and environment', async () => {
    const named = (state: 'firing' | 'resolved', host: string) => alerts(state, { alertname: 'DiskFull', host });
    await timeline(world(), [
      at('0s', run(disk('db-1'), named('firing', 'db-1'))),
      at('0s', expectNotified('pager', 'team')),
      at('1s', run(disk('db-2'), named('firing', 'db-2'))),
      at('2s', expectNothingElse()),
      at('2s', ({ incident }) => expect(incident.failing_count).toBe(2)),
    ]);
  });

  test('that comes and goes ends, though its end is said only once', async () => {
    const flap = [1, 2, 3].flatMap((time) => [
      at(`${time}m`, run(disk('db-1'), alerts('firing'))),
      at(`${time}m30s`, run(disk('db-1'), alerts('resolved'))),
    ]);
    await timeline(world(), [
      ...flap,
      at('3m30s', expectNotified(...flatRepeat(['pager', 'team'], 5))),
      at('13m29s', expectNothingElse()),
      at('13m30s', expectNotified('pager: resolved', 'team: resolved')),
    ]);
  });

  test('sent again with the time of what is over is a new incident', async () => {
    const again = { ...alerts('firing'), scheduled_at: '2026-11-23T02:00:00.000Z' };
    const played = await timeline(world(), [
      at('0s', run(disk('db-1'), again)),
      at('1m', run(disk('db-1'), alerts('resolved'))),
      at('2m', run(disk('db-1'), again)),
    ]);
    const keys = played.channel('pager').accepted.map(({ dedup_key }) => dedup_key);
    expect(new Set(keys).size).toBe(2);
  });
});

describe('runs from several locations', () => {
  const twoOfThem: Policy = {
    ...builtInPolicy,
    id: 'locations',
    rules: [
      {
        kind: 'scenario',
        tags: [],
        ids: [],
        services: [],
        environments: [],
        consecutive: 1,
        attempts: 1,
        locations: 2,
      },
    ],
  };
  const from = (location: string, outcome: typeof failed) =>
    run('post-journey@local', { ...outcome, labels: { location } });

  test('one that fails alone rings nobody; two do, until fewer fail', async () => {
    const played = await timeline(world(twoOfThem), [
      at('0s', from('seoul', failed)),
      at('10s', from('berlin', passed)),
      at('20s', from('seoul', failed)),
      at('30s', expectNothingElse()),
      at('30s', ({ desk }) => expect(desk.monitorState('post-journey@local')?.state).toBe('degraded')),
      at('40s', from('berlin', failed)),
      at('40s', expectNotified('pager', 'team')),
      at('50s', from('oregon', passed)),
      at('55s', expectNothingElse()),
      at('60s', from('seoul', passed)),
      at('60s', expectNotified('pager: resolved', 'team: resolved')),
    ]);
    expect(played.store.state.incidents.values().next().value!.incident.labels).not.toHaveProperty('location');
  });

  test('one that was not heard of for ten minutes has no say', async () => {
    await timeline(world(twoOfThem), [
      at('0s', from('seoul', failed)),
      at('11m', from('berlin', failed)),
      at('11m', expectNothingElse()),
      at('12m', from('seoul', failed)),
      at('12m', expectNotified('pager', 'team')),
    ]);
  });

  test('what one location has seen is kept while it is too few to ring', async () => {
    const [scenario] = twoOfThem.rules;
    const patient = { ...twoOfThem, rules: [{ ...scenario!, consecutive: 2 } as never] };
    await timeline(world(patient), [
      at('0s', from('seoul', failed)),
      at('10s', from('seoul', failed)),
      at('20s', from('berlin', failed)),
      at('25s', expectNothingElse()),
      at('30s', from('berlin', failed)),
      at('30s', expectNotified('pager', 'team')),
    ]);
  });

  test('one that falls silent during an outage does not end it: the failures of another are no pass', async () => {
    await timeline(world(twoOfThem), [
      at('0s', from('seoul', failed)),
      at('10s', from('berlin', failed)),
      at('10s', expectNotified('pager', 'team')),
      at('11m', from('berlin', failed)),
      at('12m', from('berlin', failed)),
      at('13m', expectNothingElse()),
      at('14m', from('berlin', passed)),
      at('14m', expectNotified('pager: resolved', 'team: resolved')),
    ]);
  });

  test('a failed run that made fewer attempts than the rule wants does not count', async () => {
    const [scenario] = twoOfThem.rules;
    const attempts = { ...twoOfThem, rules: [{ ...scenario!, locations: 1, attempts: 3, consecutive: 2 } as never] };
    const tried = (count: number) => run('post-journey@local', { ...failed, attempts: count });
    await timeline(world(attempts), [
      at('0s', tried(3)),
      at('1s', tried(2)),
      at('2s', expectNothingElse()),
      at('3s', tried(3)),
      at('3s', expectNotified('pager', 'team')),
    ]);
  });
});

function flatRepeat(names: readonly string[], times: number): string[] {
  return Array.from({ length: times }, () => names).flat();
}
