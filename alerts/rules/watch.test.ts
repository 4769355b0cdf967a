import { describe, expect, test } from '@jest/globals';
import type { Policy, SignalRule } from '../policies/policy.ts';
import { ruleKinds } from './registry.ts';
import type { SignalAnswer } from './signal.ts';
import { RuleWatch } from './watch.ts';

const START = Date.parse('2026-11-23T03:00:00Z');
const answer = (value: number): SignalAnswer => ({ unit: '1', groups: [{ labels: {}, value, samples: value }] });

/** A rule whose watcher listens since monotonic 0; `see` evaluates it and names what the desk hears. */
function watching(kind: string, written: object, more: Partial<SignalRule> = {}) {
  const common = { for_ms: 0, keep_firing_for_ms: 0, every_ms: 15_000, no_data: 'keep', priority: null, labels: {} };
  const words = { summary: null, runbook: null, service: null, environment: null };
  const spec = ruleKinds.get(kind)!.compile(written);
  const rule = { kind, id: 'rule', name: 'rule', spec, ...common, ...words, ...more } as unknown as SignalRule;
  const policy = { id: 'policy', name: 'policy', priority: 'P2', labels: {} } as unknown as Policy;
  const watch = new RuleWatch(policy, rule, { environment: 'live', waiting: () => false }, 0);
  const see = (seconds: number, ...answers: (SignalAnswer | null)[]) => {
    const { observations } = watch.take(answers, { wall: START + seconds * 1_000, monotonic: seconds * 1_000 });
    return observations.map(({ status, watcher_fault }) => (watcher_fault ? 'unknown' : status));
  };
  return { watch, see };
}

describe('what nobody listened for is no silence', () => {
  const silent = { of: { logs: { service: 'billing' } }, for: '10m' };

  test('a watcher that has just started judges absence when it has listened for so long', () => {
    const { watch, see } = watching('absence', silent);
    expect(see(0, answer(0))).toEqual([]);
    expect(watch.nextChange()).toBe(600_000);
    expect(see(585, answer(0))).toEqual([]);
    expect(see(600, answer(0))).toEqual(['failed']);
  });

  test.each(['ok', 'alert'] as const)('it is not "no data" either: %s changes nothing', (no_data) => {
    const { see } = watching('absence', silent, { no_data });
    expect(see(0, answer(0))).toEqual([]);
    expect(see(600, answer(0))).toEqual(['failed']);
  });

  test('what fired before a restart is neither ended nor told anew, and ends when it is heard', () => {
    const { watch, see } = watching('absence', silent);
    watch.restore({ monitor: 'rule:policy/rule', labels: {}, since: START - 1_000 }, 0);
    expect(see(0, answer(0))).toEqual(['unknown']);
    expect(see(15, answer(0))).toEqual([]);
    expect(see(30, answer(4))).toEqual(['passed']);
  });

  test('too few of what is counted wait for a whole window, too many do not', () => {
    const of = { requests: { service: 'shop' }, window: '5m' };
    const few = watching('threshold', { of, is: { lt: 10 } });
    expect(few.see(0, answer(3))).toEqual([]);
    expect(few.see(300, answer(3))).toEqual(['failed']);
    const many = watching('threshold', { of, is: { gt: 10 } });
    expect(many.see(0, answer(30))).toEqual(['failed']);
  });

  test('a rise from nothing waits until the time before was listened to, a rise from something does not', () => {
    const change = { of: { requests: { service: 'shop' }, window: '5m' }, compared_to: '1h', is: { gt: '100%' } };
    const fresh = watching('rate_of_change', change);
    expect(fresh.see(0, answer(50), answer(0))).toEqual([]);
    expect(fresh.see(3_900, answer(50), answer(0))).toEqual(['failed']);
    const known = watching('rate_of_change', change);
    expect(known.see(0, answer(50), answer(10))).toEqual(['failed']);
  });
});
