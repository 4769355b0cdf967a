import { afterEach, expect, test } from '@jest/globals';
import { policyOf, RuleBench } from './testing/bench.ts';

let bench: RuleBench;
afterEach(() => bench.stop());

const RULE = `{ id: logged, threshold: { of: { logs: { service: billing }, by: [service.name, city], window: 1m }, is: { gte: 2 } } }`;
const BUSAN = 'rule:p/logged{city="busan",service.name="billing"}';

test('of several attributes each combination fires by itself, and tells what it counts, after a restart too', async () => {
  bench = new RuleBench([policyOf([RULE])]);
  const now = bench.clock.now();
  for (const [city, records] of [
    ['busan', 3],
    ['seoul', 1],
  ] as const) {
    const labels = { service: 'billing', 'service.name': 'billing', city };
    bench.source.add({ of: 'logs', labels, samples: Array.from({ length: records }, () => [now, 1] as const) });
  }
  await bench.run(0);
  expect(bench.observations.map(({ monitor, status, failure }) => [monitor, status, failure?.message])).toEqual([
    [BUSAN, 'failed', '3 log records of billing of busan within 1 min, at least 2'],
  ]);
  const shown = {
    question: {
      of: 'logs',
      service: 'billing',
      level: null,
      text: null,
      by: ['service.name', 'city'],
      window_ms: 60_000,
      offset_ms: 0,
    },
    labels: { 'service.name': 'billing', city: 'busan' },
  };
  expect(bench.evaluator.shownSeries(BUSAN)).toEqual(shown);
  await bench.restart([policyOf([RULE])]);
  expect(bench.evaluator.shownSeries(BUSAN)).toEqual(shown);
  expect(bench.evaluator.shownSeries('rule:p/other')).toBeNull();
  expect(bench.evaluator.shownSeries('journey@local')).toBeNull();
});
