import { expect, test } from '@jest/globals';
import { builtInPolicy, isScenarioRule } from '../policies/policy.ts';
import { failed, observe } from '../testing/observations.ts';
import { decide } from './decide.ts';
import { apply, emptyState } from './state.ts';

const FIRST = Date.UTC(2026, 10, 23, 3);
const policies = [
  { ...builtInPolicy, rules: builtInPolicy.rules.filter(isScenarioRule).map((rule) => ({ ...rule, consecutive: 2 })) },
];

/** @param lateMs so much after the second failed run the watcher comes to judge it */
function keyWhenJudged(lateMs: number, secondAt: number): string {
  const state = emptyState();
  for (const [at, now] of [
    [FIRST, FIRST],
    [secondAt, secondAt + lateMs],
  ] as const) {
    expect(state.incidents.size).toBe(0);
    const around = { now, policies, channels: [], publicUrl: 'http://127.0.0.1:4000' };
    apply(state, decide(state, observe('a@local', failed, at), around));
  }
  const [row] = state.incidents.values();
  return row!.incident.dedup_key;
}

test('an incident has the key of its first failure, however late and by whichever run it is confirmed', () => {
  const key = keyWhenJudged(0, FIRST + 30_000);
  // A process that was killed after its page left, and before its incident was on disk, pages again under the same key.
  expect(keyWhenJudged(90_000, FIRST + 30_000)).toBe(key);
  expect(keyWhenJudged(0, FIRST + 60_000)).toBe(key);
});
