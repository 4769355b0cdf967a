import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Policy } from '../../alerts/policies/policy.ts';
import type { RuleEvaluator } from '../../alerts/rules/evaluator.ts';
import { policyOf, RuleBench } from '../../alerts/rules/testing/bench.ts';
import { failed } from '../../alerts/testing/observations.ts';
import { World } from '../../alerts/testing/timeline.ts';
import type { ControlDeps, RuleQuery } from '../../control/deps.ts';
import type { FilesState, Monitor } from '../../control/resources.ts';
import { policyPlaces } from '../config/policy-places.ts';
import { withNames } from './coming-calls.ts';
import { ruleBoard } from './rule-board.ts';

const HEARTBEAT = (id: string, more = '') =>
  `{ id: ${id}, heartbeat: { name: job, every: 1h }, service: billing${more} }`;
const jobs = policyOf([HEARTBEAT('nightly', ', labels: { team: money }'), HEARTBEAT('weekly')], '', 'jobs');
const critical: Policy = {
  ...policyOf(['{ scenario: { tags: [critical] }, failing: { consecutive: 2 } }'], '', 'critical'),
  labels: { team: 'posts' },
  priority: 'P2',
};
const monitor = (key: string, more: Partial<Monitor> = {}) =>
  ({
    key,
    name: key.split('@')[0],
    service: 'reference-api',
    environment: 'local',
    tags: ['critical'],
    state: 'passing',
    state_since: '2026-11-23T03:00:00.000Z',
    policy: null,
    owner: null,
    quarantine: null,
    depends_on: [],
    runbook: null,
    last_run: null,
    next_run_at: null,
    incident_id: null,
    ...more,
  }) as Monitor;

let world: World;
let bench: RuleBench;
let monitors: Monitor[];
let files: FilesState;
let rules: ControlDeps['rules'];
const policies = [critical, jobs];
const list = (query: Partial<RuleQuery> = {}) => rules.list({ limit: 50, ...query });
const ids = (query: Partial<RuleQuery> = {}) => list(query).items.map(({ rule, state }) => `${rule} ${state}`);

beforeEach(async () => {
  world = new World(policies, ['pager', 'call']);
  await world.start();
  bench = new RuleBench(policies, { observe: (observation) => void world.desk.observe(observation) });
  monitors = [monitor('journey@local'), monitor('health@local', { tags: [] })];
  files = { problems: [], read_at: null };
  rules = ruleBoard({
    clock: world.clock,
    policies: () => policies,
    places: () => policyPlaces(new Map([['critical.policy.yaml', 'id: critical\nrules:\n  - { scenario: {} }\n']])),
    files: () => files,
    evaluator: bench.evaluator as RuleEvaluator,
    desk: world.desk,
    monitors: () => monitors,
    named: withNames({
      onCall: { onCall: () => ({ users: new Map(), schedules: new Map() }) },
      typeOf: () => 'ntfy',
      now: () => world.clock.now(),
    }),
  });
});
afterEach(async () => {
  await bench.stop();
  await world.desk.shutdown(AbortSignal.abort());
});

const late = { known_since: '2026-11-20T00:00:00Z', last_at: null, failed: false, message: null };

describe('the list', () => {
  test('holds rules on numbers and rules about scenarios, worst first, with the incident of what fires', async () => {
    bench.source.fixed.set('heartbeat job', late);
    await bench.run(0);
    const all = list();
    expect(all.items.map(({ rule, state }) => `${rule} ${state}`)).toEqual([
      'nightly firing',
      'weekly firing',
      'scenarios-1 inactive',
    ]);
    expect(all.counts).toMatchObject({ firing: 2, inactive: 1, held: 0 });
    expect(all.items[0]!.instances[0]!.incident_id).toMatch(/^inc-/);
    expect(all.items[2]).toMatchObject({
      name: 'Scenarios tagged critical fail 2 times in a row',
      file: 'critical.policy.yaml',
      line: 3,
      team: 'posts',
      instances: [{ monitor: 'journey@local', threshold: '2 failed in a row', value: 'passes' }],
    });
    expect([all.services, all.teams, all.policies]).toEqual([['billing', 'reference-api'], ['money', 'posts'], 2]);
  });

  test('a source that cannot be asked is a state of its own, and no word on the service', async () => {
    bench.source.trouble = 'the relay is away';
    await bench.run(0);
    expect(ids()).toEqual(['nightly unasked', 'weekly unasked', 'scenarios-1 inactive']);
    expect(list().items[0]!.trouble!.message).toBe('the relay is away');
  });

  test('a scenario that has failed, but not yet often enough, waits', async () => {
    await world.run('journey@local', failed);
    monitors[0] = monitor('journey@local', { state: 'failing' });
    const [first] = list({ state: 'pending' }).items;
    expect(first!.instances[0]).toMatchObject({ state: 'pending', value: '1 failed in a row' });
  });

  test('is filtered by state, service, team and words, and paged by a place in its order', async () => {
    expect(ids({ service: 'reference-api' })).toEqual(['scenarios-1 inactive']);
    expect(ids({ team: 'money' })).toEqual(['nightly no_data']);
    expect(ids({ text: 'JOBS week' })).toEqual(['weekly no_data']);
    expect(ids({ state: 'held' })).toEqual([]);
    const first = list({ limit: 1 });
    const second = list({ limit: 1, cursor: first.next_cursor! });
    const third = list({ limit: 1, cursor: second.next_cursor! });
    expect([first, second, third].map(({ items }) => items[0]!.rule)).toEqual(['nightly', 'weekly', 'scenarios-1']);
    expect(third.next_cursor).toBeNull();
    expect(ids({ cursor: 'nonsense' })).toHaveLength(3);
  });

  test('says what would hold a page back, before anything fails', async () => {
    const hour = { starts_at: new Date(world.clock.now()).toISOString(), reason: 'moving' };
    const ends_at = new Date(world.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'service', is: '=', value: 'billing' } as const];
    await world.desk.silence({ ...hour, ends_at, matchers }, { by: 'kim', via: 'web' });
    expect(
      list({ state: 'held' }).items.map(({ rule, held }) => `${rule}: ${held!.reason.replace(/\d\d:\d\d/, 'hh:mm')}`),
    ).toEqual(['nightly: silenced by kim until hh:mm UTC: moving', 'weekly: silenced by kim until hh:mm UTC: moving']);
  });
});

describe('one rule', () => {
  test('says who would be told if it fired now, as it is written, and nothing comes of asking', () => {
    const found = rules.find('critical', 'scenarios-1', undefined)!;
    expect(found).toMatchObject({
      written: '- { scenario: {} }',
      forecast_of: 'journey@local',
      forecast: { outcome: 'opens', policy: 'critical', priority: 'P2', held: null },
    });
    expect(found.forecast!.steps[0]!.calls.map(({ channel, channel_type }) => `${channel} ${channel_type}`)).toEqual([
      'pager ntfy',
      'call ntfy',
    ]);
    expect(rules.find('jobs', 'weekly', undefined)).toMatchObject({
      forecast: { outcome: 'opens' },
      forecast_of: null,
    });
    expect(world.desk.openIncidents()).toEqual([]);
  });

  test('where no monitor is what it is about, nothing can fire; an unknown one is not there', () => {
    monitors = [];
    expect(rules.find('critical', 'scenarios-1', undefined)).toMatchObject({ state: 'no_data', forecast: null });
    expect(rules.find('critical', 'other', undefined)).toBeUndefined();
  });
});
