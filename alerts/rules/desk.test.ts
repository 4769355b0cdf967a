import { afterEach, expect, test } from '@jest/globals';
import type { Policy } from '../policies/policy.ts';
import { World } from '../testing/timeline.ts';
import { createRuleEvaluator, type RuleEvaluator } from './evaluator.ts';
import { policyOf } from './testing/bench.ts';
import { ScriptedSource } from './testing/scripted-source.ts';

/** Rules and the desk together, as the watcher has them: what a number comes to on somebody's phone. */

const TURN = 15_000;
const SLOW = `{ id: slow, threshold: { of: { metric: m, aggregate: max, by: http.route, window: 15s }, is: { gt: 500ms } }`;

let world: World;
let source: ScriptedSource;
let evaluator: RuleEvaluator;
afterEach(() => evaluator.shutdown(AbortSignal.timeout(1_000)));

async function begin(policies: readonly Policy[]): Promise<void> {
  world = new World(policies, ['pager']);
  source = new ScriptedSource(() => world.clock.now());
  await world.start();
  await startRules(policies);
  // The first evaluation, of nothing yet: what is fed from now on is judged from the next one on.
  await turns(0);
}

async function startRules(policies: readonly Policy[]): Promise<void> {
  const { desk } = world;
  evaluator = createRuleEvaluator({
    clock: world.clock,
    source,
    policies,
    environment: 'local',
    observe: (observation) => void desk.observe(observation),
    waiting: (monitor) => desk.monitorState(monitor)?.incident_id != null,
    retired: (monitors) => void desk.letGo(monitors),
    random: () => 0,
    log: { info() {}, warn() {}, error() {} },
  });
  evaluator.restore(desk.failingRules().map(({ key, since }) => ({ monitor: key, since })));
  await evaluator.start();
}

/** The process dies; another one goes on with what is on disk. */
async function restart(policies: readonly Policy[]): Promise<void> {
  await evaluator.shutdown(AbortSignal.timeout(1_000));
  await world.restart();
  await startRules(policies);
  await turns(0);
}

/** A letter an evaluation, from now: `x` breaches, `.` is well, `-` is silence. */
function feed(readings: string, route = '/a'): void {
  const start = world.clock.now();
  const samples = [...readings].flatMap((reading, turn) =>
    reading === '-' ? [] : [[start + turn * TURN, reading === 'x' ? 900 : 100] as [number, number]],
  );
  source.add({ of: 'metric', labels: { metric: 'm', 'http.route': route }, unit: 'ms', samples });
}

const turns = (count: number) => world.clock.advance(count * TURN);
const told = () => world.news().map(({ notification }) => notification.event.replace('incident.', ''));

test('a rule that fires pages once, and its end is told', async () => {
  await begin([policyOf([`${SLOW}, summary: "{{ http.route }} takes {{ value }}" }`])]);
  feed('.xxxxxx..');
  await turns(1);
  expect(told()).toEqual(['triggered']);
  expect(world.incident).toMatchObject({
    source: 'rule',
    policy: 'p',
    priority: 'P1',
    labels: { rule: 'slow', 'http.route': '/a' },
    cause: { message: '/a takes 900 ms' },
  });
  await turns(5);
  expect(told()).toEqual([]);
  await turns(1);
  expect(told()).toEqual(['resolved']);
});

test('instances with equal values of `group_by` are one incident with an exact count', async () => {
  await begin([policyOf([`${SLOW} }`])]);
  feed('xx.', '/a');
  feed('.xx', '/b');
  feed('...', '/c');
  await turns(1);
  expect(told()).toEqual(['triggered']);
  expect(world.incident).toMatchObject({ failing_count: 2 });
  await turns(1);
  expect(world.incident).toMatchObject({ failing_count: 1 });
  expect(told()).toEqual([]);
});

test('`after_passing` counts runs; a rule has `keep_firing_for` instead', async () => {
  await begin([policyOf([`${SLOW} }`], 'resolve: { after_passing: 3 }\n')]);
  feed('.x.');
  await turns(2);
  expect(told()).toEqual(['triggered', 'resolved']);
});

test('no data, and a source that is away, end nothing', async () => {
  await begin([policyOf([`${SLOW} }`])]);
  feed('.x---');
  await turns(4);
  source.trouble = 'the relay is away';
  await turns(3);
  expect(told()).toEqual(['triggered']);
  expect(world.desk.monitorState('rule:p/slow{http.route="/a"}')?.state).toBe('no_data');
  source.trouble = null;
  feed('..');
  await turns(1);
  expect(told()).toEqual(['resolved']);
});

test('a restart does not page again for what fires, and does not lose its end', async () => {
  const policies = [policyOf([`${SLOW} }`])];
  await begin(policies);
  feed('xxxx..');
  await turns(1);
  await restart(policies);
  await turns(2);
  expect(told()).toEqual(['triggered']);
  await restart(policies);
  await turns(1);
  expect(told()).toEqual(['resolved']);
});

test('a restart begins the waiting for `for` anew', async () => {
  const policies = [policyOf([`${SLOW}, for: 1m }`])];
  await begin(policies);
  feed('xxxxxxxxxxxx');
  await turns(3);
  await restart(policies);
  await turns(3);
  expect(told()).toEqual([]);
  await turns(1);
  expect(told()).toEqual(['triggered']);
});

test('a changed policy does not page again for what fires; a removed rule lets its incident end', async () => {
  await begin([policyOf([`${SLOW} }`])]);
  feed('xxxxxxxxxxxx');
  await turns(1);
  const changed = [policyOf([`${SLOW.replace('500ms', '600ms')} }`])];
  await world.reload(changed);
  evaluator.replacePolicies(changed);
  await turns(4);
  expect(told()).toEqual(['triggered']);
  const other = [policyOf([`{ id: other, heartbeat: { name: job, every: 1h } }`])];
  await world.reload(other);
  evaluator.replacePolicies(other);
  await turns(1);
  expect(told()).toEqual(['resolved']);
});

test('resolved by a person while it fails: quiet until it was well once', async () => {
  await begin([policyOf([`${SLOW} }`])]);
  feed('xxxxxxxxxx..xx');
  await turns(1);
  await world.desk.resolve(world.incident.id, { by: 'kim', via: 'web' });
  await turns(9);
  expect(told()).toEqual(['triggered', 'resolved']);
  await turns(3);
  expect(told()).toEqual(['triggered']);
});

test('one that flaps for an hour pages a bounded number of times, and `keep_firing_for` makes it one', async () => {
  await begin([policyOf([`${SLOW} }`])]);
  feed('x.'.repeat(120));
  await turns(240);
  const pages = told().filter((event) => event === 'triggered').length;
  expect(pages).toBeGreaterThan(1);
  expect(pages).toBeLessThanOrEqual(9);
  await evaluator.shutdown(AbortSignal.timeout(1_000));

  await begin([policyOf([`${SLOW}, keep_firing_for: 1m }`])]);
  feed('x.'.repeat(120));
  await turns(240);
  expect(told()).toEqual(['triggered']);
});
