import { afterEach, expect, test } from '@jest/globals';
import { EVALUATIONS_KEPT } from './evaluations.ts';
import { policyOf, RuleBench } from './testing/bench.ts';

const RULE = `{ id: slow, threshold: { of: { metric: m, aggregate: max, by: http.route, window: 15s }, is: { gt: 500ms } }, for: 30s }`;

let bench: RuleBench;
afterEach(() => bench.stop());

function feed(route: string, values: readonly number[]): void {
  const start = bench.clock.now();
  bench.source.add({
    of: 'metric',
    labels: { metric: 'm', 'http.route': route },
    unit: 'ms',
    samples: values.map((value, turn): [number, number] => [start + turn * 15_000, value]),
  });
}

test('the last evaluations of a rule are kept, newest first, each with the worst instance and its value', async () => {
  bench = new RuleBench([policyOf([RULE])]);
  feed('/a', Array(60).fill(100));
  feed('/b', [100, 900, 900, 900, 100]);
  await bench.run(75_000);
  const [status] = bench.evaluator.status();
  expect(status!.next_evaluation_at).toBe('2026-11-23T03:01:30.000Z');
  expect(status!.evaluations.map(({ state, value }) => `${state} ${value}`)).toEqual([
    'inactive 100 ms',
    'inactive 100 ms',
    'firing 900 ms',
    'pending 900 ms',
    'pending 900 ms',
    'inactive 100 ms',
  ]);
  await bench.run(60 * 15_000);
  expect(bench.evaluator.status()[0]!.evaluations).toHaveLength(EVALUATIONS_KEPT);
});

test('a change is told once: when an instance enters another state, and when the source can no longer be asked', async () => {
  const changes: string[] = [];
  bench = new RuleBench([policyOf([RULE])], { onChange: ({ rule }) => changes.push(rule) });
  feed('/a', [100, 100, 900, 900, 900, 900, 900, 900]);
  const told = async (turns: number) => {
    await bench.run(turns * 15_000);
    return changes.splice(0).length;
  };
  expect([await told(0), await told(1), await told(1), await told(2), await told(1)]).toEqual([1, 0, 1, 1, 0]);
  bench.source.trouble = 'the relay is away';
  expect([await told(1), await told(1)]).toEqual([1, 0]);
  expect(bench.evaluator.status()[0]!.evaluations[0]).toMatchObject({ state: 'unasked' });
});

test('what the desk would hear is that of an instance, or of one of which nobody has heard, and nothing is observed', async () => {
  bench = new RuleBench([policyOf([RULE])]);
  feed('/a', [100]);
  await bench.run(0);
  const { monitor } = bench.evaluator.status()[0]!.instances[0]!;
  expect(bench.evaluator.supposed('p', 'slow', monitor)).toMatchObject({
    status: 'failed',
    monitor,
    labels: { 'http.route': '/a' },
    policy: 'p',
    rule: 'slow',
  });
  expect(bench.evaluator.supposed('p', 'slow', null)).toMatchObject({ monitor: 'rule:p/slow', labels: {} });
  expect(bench.evaluator.supposed('p', 'other', null)).toBeUndefined();
  expect(bench.observations).toEqual([]);
});
