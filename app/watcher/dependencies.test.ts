import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { Dependencies } from './dependencies.ts';
import type { MonitorDefinition } from './monitor-board.ts';

const abort = new AbortController().signal;

function definition(id: string, dependsOn: string[] = [], until?: string): MonitorDefinition {
  const quarantine = until ? { until, reason: 'flaky' } : null;
  return {
    key: `${id}@local`,
    scenario: { id, dependsOn, quarantine } as unknown as Scenario,
    environment: { name: 'local', base_url: 'http://127.0.0.1' },
  };
}

function world(definitions: MonitorDefinition[]) {
  const clock = new VirtualClock();
  const failing = new Set<string>();
  const asked: string[] = [];
  const dependencies = new Dependencies({
    clock,
    definition: (key) => definitions.find((one) => one.key === key),
    failing: (key) => failing.has(key),
    runNow: (key) => asked.push(key),
  });
  const run = (id: string, startedAt = clock.now()) =>
    ({ monitor: `${id}@local`, started_at: new Date(startedAt).toISOString() }) as RunResult;
  return { clock, failing, asked, dependencies, run };
}

const orders = definition('orders', ['login']);
const login = definition('login');

test('what nobody has looked at since is run, and its outcome waited for', async () => {
  const { clock, failing, asked, dependencies, run } = world([orders, login]);
  dependencies.settled(run('login', clock.now() - 20_000));
  const looked = dependencies.lookAt(dependencies.of(orders), run('orders'), abort);
  expect(asked).toEqual(['login@local']);
  failing.add('login@local');
  dependencies.settled(run('login'));
  await looked;
  expect(dependencies.failing(orders)).toBe('login@local');
});

test('the wait ends after 5 s', async () => {
  const { clock, dependencies, run } = world([orders, login]);
  const looked = dependencies.lookAt(dependencies.of(orders), run('orders'), abort);
  await clock.advance(5_000);
  await looked;
});

test('a run that is stopped waits no longer', async () => {
  const { dependencies, run } = world([orders, login]);
  const stop = new AbortController();
  const looked = dependencies.lookAt(dependencies.of(orders), run('orders'), stop.signal);
  stop.abort();
  await looked;
});

test('nothing is run that is known to fail, or that was looked at meanwhile', async () => {
  const { failing, asked, dependencies, run } = world([orders, login]);
  const mine = run('orders');
  dependencies.settled(run('login'));
  await dependencies.lookAt(dependencies.of(orders), mine, abort);
  failing.add('login@local');
  await dependencies.lookAt(dependencies.of(orders), run('orders'), abort);
  expect(asked).toEqual([]);
});

test('what is in quarantine, or does not run in this environment, holds nothing back', () => {
  const flaky = definition('login', [], '2999-01-01');
  expect(world([orders, flaky]).dependencies.of(orders)).toEqual([]);
  expect(world([orders]).dependencies.of(orders)).toEqual([]);
});
