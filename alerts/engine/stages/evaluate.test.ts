import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, isScenarioRule, type Policy, type ScenarioRule } from '../../policies/policy.ts';
import { failed, observe, passed } from '../../testing/observations.ts';
import { confirmingPolicy, failsAnywhereNeeded, LOCATION_COUNTS_MS, withVerdict } from './evaluate.ts';

const any = builtInPolicy.rules.find(isScenarioRule)!;
const policy = (id: string, rule: Partial<ScenarioRule>, patch: Partial<Policy> = {}): Policy => ({
  ...builtInPolicy,
  id,
  rules: [{ ...any, ...rule }],
  ...patch,
});
const subject = observe('post-journey@production', { ...failed, tags: ['critical'] }, 0);
const seen = (...attempts: number[]) => ({ '': { at: subject.at, failures: attempts } });
const confirmed = (policies: Policy[], of = subject, locations = seen(1)) =>
  confirmingPolicy(policies, of, locations)?.id;

describe('which policy a failing run rings under', () => {
  test.each<[string, Policy[], string | undefined]>([
    ['none: the built-in one', [], 'built-in'],
    ['by tag', [policy('a', { tags: ['critical', 'x'] })], 'a'],
    ['by another tag', [policy('a', { tags: ['x'] })], 'built-in'],
    ['by id', [policy('a', { ids: ['post-journey'] })], 'a'],
    ['by service', [policy('a', { services: ['reference-api'] })], 'a'],
    ['by environment', [policy('a', { environments: ['production'] })], 'a'],
    ['by another environment', [policy('a', { environments: ['staging'] })], 'built-in'],
    ['the most urgent', [policy('a', {}), policy('b', {}, { priority: 'P1' })], 'b'],
    ['of equal urgency, by id', [policy('b', {}), policy('a', {})], 'a'],
    ['one that wants more runs waits', [policy('a', { consecutive: 2 })], undefined],
    ['another that is satisfied does not', [policy('a', { consecutive: 2 }), policy('b', {}, { priority: 'P4' })], 'b'],
    ['more attempts than were made', [policy('a', { attempts: 3 })], undefined],
    ['more locations than see it', [policy('a', { locations: 2 })], undefined],
  ])('%s', (_name, policies, id) => {
    expect(confirmed(policies)).toBe(id);
  });

  test("the scenario's own policy decides alone, and takes one run where no rule of it matches", () => {
    const own = { ...subject, policy: 'own' };
    expect(confirmed([policy('own', { tags: ['x'] }), policy('a', {}, { priority: 'P1' })], own)).toBe('own');
    expect(confirmed([policy('own', { consecutive: 2 }), policy('a', {})], own)).toBeUndefined();
    expect(confirmed([policy('a', {})], own)).toBe('a');
  });

  test('a rule and another system name theirs; they have been confirmed already', () => {
    const rule = { ...subject, source: 'rule' as const, policy: 'a' };
    expect(confirmed([policy('a', { consecutive: 9 })], rule, {} as never)).toBe('a');
    expect(confirmed([policy('b', {})], rule, {} as never)).toBe('built-in');
  });
});

describe('what locations see', () => {
  const run = (location: string, minutes: number, outcome: typeof passed = failed) =>
    observe('post-journey@production', { ...outcome, labels: { location } }, minutes * 60_000);

  test('a location that runs seldom counts its own failures all the same', () => {
    const first = withVerdict({}, run('seoul', 0));
    expect(withVerdict(first, run('seoul', 60)).seoul!.failures).toHaveLength(2);
  });

  test('each keeps its own row of failures, until it passes there or is silent for ten minutes', () => {
    let locations = withVerdict({}, run('seoul', 0));
    locations = withVerdict(locations, run('berlin', 1));
    locations = withVerdict(locations, run('seoul', 2));
    expect(Object.entries(locations).map(([name, { failures }]) => [name, failures.length])).toEqual([
      ['berlin', 1],
      ['seoul', 2],
    ]);
    expect(Object.keys(withVerdict(locations, run('seoul', 3, passed)))).toEqual(['berlin']);
    expect(Object.keys(withVerdict(locations, run('oregon', 1.1 + LOCATION_COUNTS_MS / 60_000)))).toEqual([
      'seoul',
      'oregon',
    ]);
  });

  test('the least demanding rule says how many it takes', () => {
    const one = withVerdict({}, run('seoul', 0));
    const two = withVerdict(one, run('berlin', 0));
    expect(failsAnywhereNeeded([], subject, one)).toBe(true);
    expect(failsAnywhereNeeded([policy('a', { locations: 2 })], subject, one)).toBe(false);
    expect(failsAnywhereNeeded([policy('a', { locations: 2 })], subject, two)).toBe(true);
    expect(failsAnywhereNeeded([policy('a', { locations: 3 }), policy('b', {})], subject, one)).toBe(true);
  });
});
