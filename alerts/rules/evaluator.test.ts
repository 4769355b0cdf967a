import { afterEach, describe, expect, test } from '@jest/globals';
import { policyOf, RuleBench } from './testing/bench.ts';

const SLOW = (more = '') =>
  `{ id: slow, threshold: { of: { metric: m, aggregate: max, window: 15s }, is: { gt: 500ms } }${more && `, ${more}`} }`;
const BY_ROUTE = `{ id: slow, threshold: { of: { metric: m, aggregate: max, by: http.route, window: 15s }, is: { gt: 500ms } } }`;

let bench: RuleBench;
afterEach(() => bench.stop());

/** Writes a sample of `m` every 5 s from now, `value` in milliseconds; null for silence. */
function feed(values: readonly (number | null)[], labels: Record<string, string> = {}): void {
  const series = bench.source.add({ of: 'metric', labels: { metric: 'm', ...labels }, unit: 'ms', samples: [] });
  const start = bench.clock.now();
  for (const [turn, value] of values.entries()) {
    // Turn n is judged at n × 15 s, by what came in the 15 s before.
    for (const early of [10_000, 5_000, 0]) {
      if (value !== null) series.samples.push([start + turn * 15_000 - early, value]);
    }
  }
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('for and keep_firing_for', () => {
  test('a rule fires at its first breach, and ends at the first value that is well', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed([100, 900, 900, 100, 100]);
    await bench.run(0);
    expect(bench.news()).toEqual([]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
    await bench.run(15_000);
    expect(bench.news()).toEqual([]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['passed']);
    await bench.run(60_000);
    expect(bench.news()).toEqual([]);
  });

  test('it must hold for `for`: to the second, and a value that is well begins it anew', async () => {
    bench = new RuleBench([policyOf([SLOW('for: 1m')])]);
    feed([...times(4, 900), 100, ...times(20, 900)]);
    await bench.run(4 * 15_000);
    expect(bench.state).toBe('inactive');
    await bench.run(4 * 15_000);
    expect([bench.news(), bench.state]).toEqual([[], 'pending']);
    await bench.run(15_000);
    expect([bench.news(), bench.state]).toEqual([['failed'], 'firing']);
    const [observation] = bench.observations;
    expect(Date.parse(observation!.at) - Date.parse(observation!.started_at)).toBe(60_000);
  });

  test('it goes on for `keep_firing_for` after it stopped holding, and a further breach begins that anew', async () => {
    bench = new RuleBench([policyOf([SLOW('keep_firing_for: 30s')])]);
    feed([900, 100, 100, 900, 100, 100, 100, 100]);
    await bench.run(5 * 15_000);
    expect(bench.news()).toEqual(['failed', 'failed']);
    expect(bench.state).toBe('firing');
    await bench.run(15_000);
    expect(bench.news()).toEqual(['passed']);
  });

  test('what goes on firing is observed again every minute, with its present value', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed([900, 900, 900, 900, 1_200, 1_200]);
    await bench.run(75_000);
    expect(bench.observations.map(({ failure }) => failure?.actual)).toEqual(['900 ms', '1.2 s']);
  });

  test('while an incident waits, every evaluation that is well says so', async () => {
    const passed: string[] = [];
    bench = new RuleBench([policyOf([SLOW()])], {
      observe: ({ status }) => passed.push(status),
      waiting: () => passed.length < 4,
    });
    feed([900, ...times(10, 100)]);
    await bench.run(150_000);
    expect(passed).toEqual(['failed', 'passed', 'passed', 'passed']);
  });
});

describe('no data', () => {
  test('keep: what fires goes on firing and is shown without data, until there is data again', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed([900, null, null, null, 900, 100]);
    await bench.run(3 * 15_000);
    expect(bench.news()).toEqual(['failed', 'unknown']);
    expect(bench.state).toBe('firing');
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['passed']);
  });

  test('keep: what waits goes on waiting over a short gap, and begins anew after a long one', async () => {
    bench = new RuleBench([policyOf([SLOW('for: 1m')])]);
    feed([900, 900, null, null, 900]);
    await bench.run(4 * 15_000);
    expect([bench.news(), bench.state]).toEqual([['failed'], 'firing']);
    await bench.stop();

    bench = new RuleBench([policyOf([SLOW('for: 1m')])]);
    feed([900, 900, ...times(10, null), 900, 900]);
    await bench.run(13 * 15_000);
    expect([bench.news(), bench.state]).toEqual([[], 'pending']);
  });

  test('ok: no data ends what fires', async () => {
    bench = new RuleBench([policyOf([SLOW('no_data: ok')])]);
    feed([900, null]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed', 'passed']);
  });

  test('alert: no data is as bad as the limit, after `for`, and says that it is no data', async () => {
    bench = new RuleBench([policyOf([SLOW('no_data: alert, for: 30s, summary: "is {{ value }}"')])]);
    feed([100, null, null, null, null]);
    await bench.run(2 * 15_000);
    expect(bench.news()).toEqual([]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
    expect(bench.observations[0]!.failure!.message).toBe('max of m: no data');
  });
});

describe('a source that cannot be asked', () => {
  test('is trouble of the watcher: it neither fires nor ends anything, whatever no_data says', async () => {
    bench = new RuleBench([policyOf([SLOW('no_data: alert')])]);
    feed([100, ...times(10, 100)]);
    await bench.run(0);
    bench.source.trouble = 'the relay is away';
    await bench.run(60_000);
    expect(bench.news()).toEqual([]);
    expect(bench.troubles).toEqual(['the relay is away']);
    expect(bench.evaluator.status()[0]!.trouble).toEqual({
      since: '2026-11-23T03:00:15.000Z',
      message: 'the relay is away',
    });
    bench.source.trouble = null;
    await bench.run(15_000);
    expect([bench.news(), bench.troubles]).toEqual([[], ['the relay is away', null]]);
  });

  test('what fires is shown without data meanwhile, and goes on after', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed([900, 900, 900, 900, 100]);
    await bench.run(0);
    bench.source.trouble = 'away';
    await bench.run(30_000);
    bench.source.trouble = null;
    await bench.run(30_000);
    expect(bench.news()).toEqual(['failed', 'unknown', 'failed', 'passed']);
  });

  test('one that never answers is given up, does not overlap itself and holds no other rule up', async () => {
    bench = new RuleBench([policyOf([SLOW(), `{ id: quick, every: 5s, heartbeat: { name: job, every: 1h } }`])]);
    bench.source.fixed.set('heartbeat job', {
      known_since: '2026-11-23T00:00:00Z',
      last_at: null,
      failed: false,
      message: null,
    });
    bench.source.trouble = 'hangs';
    await bench.run(4_000);
    bench.source.trouble = null;
    feed([900, 900, 900]);
    await bench.run(1_000);
    expect(bench.news()).toEqual([]);
    await bench.run(5_000);
    expect(bench.troubles).toContain('no answer within 10 s');
    expect(bench.observations.map(({ rule }) => rule)).toEqual(['quick']);
    await bench.run(5_000);
    expect(bench.observations.map(({ rule }) => rule)).toEqual(['quick', 'slow']);
  });

  test('a store that hangs with any number of rules holds no heartbeat up', async () => {
    const rules = Array.from({ length: 50 }, (_, index) => SLOW().replace('id: slow', `id: slow-${index}`));
    bench = new RuleBench([policyOf([...rules, '{ id: job, heartbeat: { name: job, every: 1h } }'])]);
    bench.source.fixed.set('heartbeat job', {
      known_since: '2026-11-23T00:00:00Z',
      last_at: null,
      failed: false,
      message: null,
    });
    const ask = bench.source.ask.bind(bench.source);
    bench.source.ask = (question, abort) =>
      question.of === 'heartbeat' ? ask(question, abort) : new Promise<never>(() => undefined);
    await bench.run(0);
    expect(bench.observations.map(({ rule }) => rule)).toEqual(['job']);
    await bench.run(10_000);
    expect(bench.troubles).toHaveLength(8);
  });

  test('more rules than may ask at once all get their turn', async () => {
    const rules = Array.from({ length: 50 }, (_, index) => SLOW().replace('id: slow', `id: slow-${index}`));
    bench = new RuleBench([policyOf(rules)]);
    feed([900]);
    await bench.run(0);
    expect(bench.news()).toEqual(times(50, 'failed'));
  });
});

describe('one instance for each value of `by`', () => {
  test('each fires and ends by itself', async () => {
    bench = new RuleBench([policyOf([BY_ROUTE])]);
    feed([900, 900, 100], { 'http.route': '/a' });
    feed([100, 900, 900], { 'http.route': '/b"}' });
    await bench.run(30_000);
    expect(bench.observations.map(({ monitor, status }) => `${status} ${monitor}`)).toEqual([
      'failed rule:p/slow{http.route="/a"}',
      'failed rule:p/slow{http.route="/b\\"}"}',
      'passed rule:p/slow{http.route="/a"}',
    ]);
    expect(bench.observations[0]).toMatchObject({
      service: 'p',
      environment: 'local',
      rule: 'slow',
      policy: 'p',
      labels: { 'http.route': '/a' },
      monitor_name: 'slow (/a)',
      failure: {
        kind: 'rule',
        message: 'max of m of /a is 900 ms, more than 500 ms',
        expected: '500 ms',
        actual: '900 ms',
      },
    });
  });

  test('one that is gone while it fires stays, without data; one that was well is forgotten', async () => {
    bench = new RuleBench([policyOf([BY_ROUTE])]);
    feed([900, null, null], { 'http.route': '/a' });
    feed([100, null, null], { 'http.route': '/b' });
    await bench.run(30_000);
    expect(bench.news()).toEqual(['failed', 'unknown']);
    expect(bench.evaluator.status()[0]!.instances.map(({ labels }) => labels['http.route'])).toEqual(['/a']);
  });

  test('a person who resolves one that is gone is rid of it', async () => {
    bench = new RuleBench([policyOf([BY_ROUTE])]);
    feed([900, null, null], { 'http.route': '/a' });
    await bench.run(15_000);
    bench.waiting.clear();
    await bench.run(15_000);
    expect(bench.retired).toEqual(['rule:p/slow{http.route="/a"}']);
    expect(bench.evaluator.status()[0]!.instances).toEqual([]);
  });

  test('more than 1,000 are not watched; those that are known or breach come first, and it is told', async () => {
    bench = new RuleBench([policyOf([BY_ROUTE])]);
    for (let index = 0; index < 1_500; index++) feed([100], { 'http.route': `/${index}` });
    feed([900], { 'http.route': '/last' });
    await bench.run(0);
    const [status] = bench.evaluator.status();
    expect([status!.instances.length, status!.left_out]).toEqual([1_000, 501]);
    expect(status!.instances.find(({ labels }) => labels['http.route'] === '/last')?.state).toBe('firing');
    expect(bench.troubles).toEqual(['1501 series; the first 1000 are watched']);
  });
});

describe('time', () => {
  test('setting the clock neither fires nor ends anything', async () => {
    bench = new RuleBench([policyOf([`{ id: job, for: 2m, heartbeat: { name: job, every: 1h } }`])]);
    bench.source.fixed.set('heartbeat job', {
      known_since: '2026-11-23T01:00:00Z',
      last_at: null,
      failed: false,
      message: null,
    });
    await bench.run(30_000);
    bench.clock.step(3_600_000);
    await bench.run(60_000);
    expect([bench.news(), bench.state]).toEqual([[], 'pending']);
    bench.clock.step(-1_800_000);
    await bench.run(30_000);
    expect([bench.news(), bench.state]).toEqual([['failed'], 'firing']);
  });

  test('data that comes late counts as soon as it is there, in windows that still reach back to it', async () => {
    bench = new RuleBench([policyOf([SLOW().replace('window: 15s', 'window: 1m')])]);
    feed([100, 100, 100]);
    await bench.run(15_000);
    bench.source.add({
      of: 'metric',
      labels: { metric: 'm' },
      unit: 'ms',
      samples: [[bench.clock.now() - 20_000, 900]],
    });
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
  });

  test('with `delay` the window ends earlier, so that a store has time to get its data', async () => {
    bench = new RuleBench([policyOf([SLOW().replace('window: 15s', 'window: 15s, delay: 30s')])]);
    feed([900, 100, 100, 100]);
    await bench.run(15_000);
    expect(bench.news()).toEqual([]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
  });
});

describe('restart', () => {
  test('what fires is not told anew, and ends', async () => {
    const policies = [policyOf([BY_ROUTE])];
    bench = new RuleBench(policies);
    feed([900, 900, 900, 100, 100], { 'http.route': '/a' });
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
    await bench.restart(policies);
    await bench.run(15_000);
    expect([bench.news(), bench.state]).toEqual([[], 'firing']);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['passed']);
  });

  test('what waits begins anew', async () => {
    const policies = [policyOf([SLOW('for: 1m')])];
    bench = new RuleBench(policies);
    feed(times(20, 900));
    await bench.run(45_000);
    await bench.restart(policies);
    await bench.run(45_000);
    expect([bench.news(), bench.state]).toEqual([[], 'pending']);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
  });

  test('what fired and is gone when the watcher is back stays until it is seen well', async () => {
    const policies = [policyOf([BY_ROUTE])];
    bench = new RuleBench(policies);
    feed([900, null, null, null, 100], { 'http.route': '/a' });
    await bench.run(0);
    await bench.restart(policies);
    await bench.run(45_000);
    expect(bench.news()).toEqual(['failed', 'unknown']);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['passed']);
  });

  test('one that has labels which the rule has no more is let go', async () => {
    bench = new RuleBench([policyOf([BY_ROUTE])]);
    feed([900], { 'http.route': '/a' });
    await bench.run(0);
    await bench.restart([policyOf([SLOW()])]);
    expect(bench.retired).toEqual(['rule:p/slow{http.route="/a"}']);
  });

  test('of rules that are no more nothing stays', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed([900]);
    await bench.run(0);
    await bench.restart([]);
    expect(bench.retired).toEqual(['rule:p/slow']);
  });

  test('a key that is too long to hold its labels is recognised again', async () => {
    const policies = [policyOf([BY_ROUTE])];
    bench = new RuleBench(policies);
    feed([900, 900, 100], { 'http.route': `/${'long'.repeat(200)}` });
    await bench.run(0);
    expect(bench.observations[0]!.monitor.length).toBeLessThanOrEqual(400);
    await bench.restart(policies);
    await bench.run(30_000);
    expect(bench.news()).toEqual(['failed', 'passed']);
    expect(bench.retired).toEqual([]);
  });
});

describe('reload', () => {
  test('a rule that stays as it is goes on, and so does its waiting', async () => {
    bench = new RuleBench([policyOf([SLOW('for: 1m')])]);
    feed(times(20, 900));
    await bench.run(45_000);
    bench.evaluator.replacePolicies([policyOf([SLOW('for: 1m')], 'labels: { team: posts }\n')]);
    await bench.run(15_000);
    expect(bench.news()).toEqual(['failed']);
  });

  test('a changed rule does not ring again for what fires, and ends it when its new limit is kept', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed(times(20, 900));
    await bench.run(0);
    bench.evaluator.replacePolicies([policyOf([SLOW().replace('500ms', '600ms')])]);
    await bench.run(15_000);
    expect([bench.news(), bench.state, bench.retired]).toEqual([['failed'], 'firing', []]);
    bench.evaluator.replacePolicies([policyOf([SLOW().replace('500ms', '2s')])]);
    await bench.run(0);
    expect([bench.news(), bench.state]).toEqual([['passed'], 'inactive']);
  });

  test('a removed rule is retired, and so is one that is about another service', async () => {
    bench = new RuleBench([policyOf([SLOW()])]);
    feed(times(20, 900));
    await bench.run(0);
    bench.evaluator.replacePolicies([policyOf([SLOW('service: other')])]);
    expect(bench.retired).toEqual(['rule:p/slow']);
    await bench.run(0);
    bench.evaluator.replacePolicies([]);
    expect(bench.retired).toEqual(['rule:p/slow', 'rule:p/slow']);
    bench.evaluator.replacePolicies([policyOf([SLOW('environment: eu')])]);
    await bench.run(0);
    bench.evaluator.replacePolicies([policyOf([BY_ROUTE.replace('}, is', ', where: { a: b }}, is')])]);
    expect(bench.retired).toHaveLength(3);
    await bench.run(60_000);
    expect(bench.news()).toEqual(['failed', 'failed', 'failed']);
  });
});

describe('turns', () => {
  test('the starts of rules are spread over their interval', async () => {
    let turn = 0;
    const rules = ['a', 'b', 'c'].map((id) => SLOW().replace('id: slow', `id: ${id}`));
    bench = new RuleBench([policyOf(rules)], { random: () => [0, 0.5, 0.99][turn++]! });
    const asked = async (ms: number) => {
      await bench.run(ms);
      return bench.source.asked.splice(0).length;
    };
    expect([await asked(0), await asked(7_500), await asked(7_250), await asked(250)]).toEqual([1, 1, 1, 1]);
  });

  test('those that pass while an answer is awaited are left out, and not made up for', async () => {
    bench = new RuleBench([policyOf([`{ id: job, every: 2s, heartbeat: { name: job, every: 1h } }`])]);
    bench.source.trouble = 'hangs';
    // Given up after 2 s, which is when the next turn is due: it asks at 0, 4, 8 and 12 s.
    await bench.run(13_000);
    expect(bench.source.asked).toHaveLength(4);
    bench.source.trouble = null;
    bench.source.fixed.set('heartbeat job', {
      known_since: '2026-11-23T03:00:00Z',
      last_at: null,
      failed: false,
      message: null,
    });
    await bench.run(5_000);
    expect(bench.source.asked).toHaveLength(6);
  });

  test('a rule whose question cannot even be judged is trouble, and holds no other up', async () => {
    bench = new RuleBench([policyOf([SLOW(), `{ id: job, heartbeat: { name: job, every: 1h } }`])]);
    bench.source.fixed.set('heartbeat job', {
      last_at: null,
      get known_since() {
        throw new Error('not what it should be');
      },
    });
    feed([900]);
    await bench.run(0);
    expect(bench.news()).toEqual(['failed']);
    expect(bench.troubles).toEqual(['a mistake of ours: not what it should be']);
  });
});

test('it can be stopped before it began, and twice, and then is silent', async () => {
  bench = new RuleBench([policyOf([SLOW()])]);
  feed(times(20, 900));
  await bench.stop();
  await bench.run(60_000);
  await bench.stop();
  expect(bench.news()).toEqual([]);
});

test('summary, labels, runbook and priority of a rule stand in what the desk hears', async () => {
  const rule = `{ id: slow, name: Posts are slow, threshold: { of: { metric: m, aggregate: max, by: http.route, where: { service.name: api }, window: 15s }, is: { gt: 500ms } }, summary: "{{ http.route }} of {{ service }} ({{ team }}): {{ value }}, not {{threshold}}", labels: { team: posts }, runbook: "https://wiki.example.com/slow", priority: P3, environment: eu }`;
  bench = new RuleBench([policyOf([rule])]);
  feed([900], { 'http.route': '{{ value }}', 'service.name': 'api' });
  await bench.run(0);
  expect(bench.observations[0]).toMatchObject({
    service: 'api',
    environment: 'eu',
    priority: 'P3',
    runbook: 'https://wiki.example.com/slow',
    labels: { team: 'posts', 'http.route': '{{ value }}' },
    failure: { message: '{{ value }} of api (posts): 900 ms, not 500 ms' },
  });
});
