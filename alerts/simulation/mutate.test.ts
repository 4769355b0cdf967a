import { expect, test } from '@jest/globals';
import { parsePolicy } from '../policies/parse.ts';
import { isNoticed, type Mutant, mutantsOf, type PolicyText } from './mutate.ts';
import { parsePolicyTests } from './parse.ts';

const CHANNELS = ['pager', 'team'];
const TEXT = `version: 1
id: one
priority: P2
rules:
  - scenario: { tags: [critical] }
    failing: { consecutive: 2 }
  - id: queue
    threshold: { of: { metric: queue.depth, aggregate: avg, window: 1m }, is: { gt: 100 } }
    for: 2m
escalation:
  - { after: 0s, notify: [pager] }
  - { after: 5m, notify: [team], repeat: { every: 10m, until: acknowledged } }
`;
const { policy } = parsePolicy(TEXT, 'one.policy.yaml', {});
const source: PolicyText = { file: 'one.policy.yaml', text: TEXT, policy: policy! };

const THOROUGH = `policy: one
channels: [pager, team]
cases:
  - name: the second failure rings
    given:
      - { at: 0s, run: { monitor: a@local, status: failed, tags: [critical] } }
      - { at: 1m, run: { monitor: a@local, status: failed, tags: [critical] } }
    expect:
      - { at: 1m, notified: [pager] }
      - { at: 2m, incident: { priority: P2, policy: one } }
      - { at: 6m, notified: [team] }
      - { at: 16m, notified: [team] }
      - { until: 20m, nothing_else: true }
`;

async function survivors(text: string): Promise<string[]> {
  const { tests } = parsePolicyTests(text, 'one.policy.test.yaml', {
    policies: ['one'],
    channels: CHANNELS,
    users: null,
  });
  const subject = { policies: [policy!], channels: [], onCall: null };
  const found: string[] = [];
  for (const mutant of mutantsOf(source, CHANNELS)) {
    if (!(await isNoticed(mutant, [tests!], subject))) found.push(mutant.change);
  }
  return found;
}

test('each change is one thing, valid, and stands at its place', () => {
  const mutants: Mutant[] = [...mutantsOf(source, CHANNELS)];
  const changes = mutants.map(({ change }) => change);
  expect(changes).toEqual(
    expect.arrayContaining([
      'priority: P2 → P1',
      'rules[0].scenario.tags[0]: critical → mutated',
      'rules[0].failing.consecutive: 2 → 3',
      'rules[0].failing.consecutive: 2 → 1',
      'rules[1].threshold.is: {"gt":100} → {"lt":100}',
      'rules[1].threshold.is.gt: 100 → 200',
      'rules[1].threshold.is.gt: 100 → 50',
      'rules[1].threshold.of.window: 1m → 2m',
      'rules[1].for: 2m → 4m',
      'rules[1].for: 2m → 1m',
      'escalation[0].notify[0]: pager → team',
      'escalation[1].after: 5m → 10m',
      'escalation[1].repeat: {"every":"10m","until":"acknowledged"} left out',
      'escalation[1].repeat.every: 10m → 20m',
      'rules[0]: {"scenario":{"tags":["critical"]},"failing":{"consecutive":… left out',
    ]),
  );
  expect(new Set(mutants.map(({ mutated }) => JSON.stringify(mutated))).size).toBe(mutants.length);
  const after = mutants.find(({ change }) => change.startsWith('escalation[1].after'));
  expect(after).toMatchObject({ file: 'one.policy.yaml', line: 12, column: 14 });
});

test('a change that no case looks at survives, and no other', async () => {
  const found = await survivors(THOROUGH);
  expect(found.length).toBeGreaterThan(0);
  expect(found.every((change) => change.startsWith('rules[1]'))).toBe(true);
});

test('a case for the rule leaves none', async () => {
  const cases = `${THOROUGH}  - name: a queue that is full for three minutes
    series:
      - { metric: queue.depth, values: [90 x10, 101 x3, 90, 10 x10, 199, 199, 199, 199, 10] }
    given:
      - { at: 40m, run: { monitor: a@local, status: passed, tags: [critical] } }
    expect:
      - { at: 12m45s, notified: [pager], within: 15s }
      - { at: 12m45s, incident: { state: none } }
      - { until: 12m, nothing_else: true }
`;
  const found = await survivors(cases);
  expect(found.filter((change) => /threshold\.is|\.for/.test(change))).toEqual([]);
});
