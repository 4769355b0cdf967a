import { expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import type { Silence } from '../silences/silence.ts';
import { alerts, calmsDown, fires, observe, passed, unreachable } from '../testing/observations.ts';
import { decide } from './decide.ts';
import type { Observation } from './observation.ts';
import { addSilence } from './silencing.ts';
import { apply, emptyState } from './state.ts';

const START = Date.UTC(2026, 10, 23, 3);
/** Of processor time, on average: a minute has room for ten thousand of them many times over. */
const MOST_MS = 1;
/** Ten times as many may cost so much more: what looks through everything costs a hundred times as much. */
const MOST_GROWTH = 25;

const policy: Policy = { ...builtInPolicy, id: 'critical' };
const inhibiting: Policy = {
  ...policy,
  inhibit: Array.from({ length: 100 }, (_, index) => ({
    when: { shard: String(index), kind: 'cause' },
    hold: { shard: String(index), kind: 'effect' },
    equal: ['environment'],
  })),
};

type Life = (count: number) => Observation[];

const each = (count: number, make: (index: number) => Observation) => Array.from({ length: count }, (_, i) => make(i));

function alert(index: number, state: 'firing' | 'resolved', service: string): Observation {
  const labels = { shard: String(index % 100), kind: index < 100 ? 'cause' : 'effect' };
  const observed = observe(`inbound:am/alert-${index}`, alerts(state, labels), START + index * 6);
  return { ...observed, service, policy: 'critical' };
}

function instance(index: number, outcome: typeof fires, later: number): Observation {
  const labels = { pod: String(index) };
  const key = `rule:critical/slow{pod="${index}"}`;
  return observe(key, outcome('critical', 'slow', labels), START + later + index * 6);
}

const lives: [string, Policy, number, Life][] = [
  [
    'incidents of one service',
    policy,
    0,
    (count) =>
      (['firing', 'resolved'] as const).flatMap((state) => each(count, (index) => alert(index, state, 'billing'))),
  ],
  [
    'incidents of a thousand services, with a hundred silences and a hundred inhibitions',
    inhibiting,
    100,
    (count) =>
      (['firing', 'resolved'] as const).flatMap((state) =>
        each(count, (index) => alert(index, state, `service-${index % 1_000}`)),
      ),
  ],
  [
    'instances of a rule in one incident, which leave in the order they came',
    policy,
    0,
    (count) => [
      ...each(count, (index) => instance(index, fires, 0)),
      ...each(count, (index) => instance(index, calmsDown, 60_000)),
    ],
  ],
  [
    'instances of a rule in one incident, the last of which leaves first',
    policy,
    0,
    (count) => [
      ...each(count, (index) => instance(index, fires, 0)),
      ...each(count, (index) => instance(count - 1 - index, calmsDown, 60_000)),
    ],
  ],
  [
    'monitors of a service that is gone',
    policy,
    0,
    (count) =>
      [passed, unreachable, passed].flatMap((outcome, turn) =>
        each(count, (index) => observe(`m${index}@local`, outcome, START + turn * 60_000 + index * 6)),
      ),
  ],
];

test.each(lives)('ten thousand %s', (_name, under, silences, life) => {
  cost(under, silences, life(1_000));
  const thousand = cost(under, silences, life(1_000));
  const observations = life(10_000);
  const tenThousand = cost(under, silences, observations);
  expect(tenThousand / observations.length).toBeLessThan(MOST_MS);
  expect(tenThousand / thousand).toBeLessThan(MOST_GROWTH);
});

test('incidents that one inhibitor after another holds back', () => {
  const holding = {
    ...policy,
    inhibit: [{ when: { kind: 'cause' }, hold: { kind: 'effect' }, equal: ['environment'] }],
  };
  const life: Life = (victims) => {
    const of = (kind: string, key: string, state: 'firing' | 'resolved', at: number) => ({
      ...observe(`inbound:am/${key}`, alerts(state, { kind }), START + at * 6),
      service: key,
      policy: 'critical',
    });
    const turns = Array.from({ length: 10 }, (_, turn) => [
      of('cause', `cause-${turn}`, 'firing', victims + turn),
      of('cause', `cause-${turn}`, 'resolved', victims + turn),
    ]);
    const firing = each(victims, (index) => of('effect', `effect-${index}`, 'firing', index));
    return [
      ...firing,
      ...turns.flat(),
      ...each(victims, (i) => of('effect', `effect-${i}`, 'resolved', victims + 20 + i)),
    ];
  };
  cost(holding, 0, life(500));
  expect(cost(holding, 0, life(5_000)) / cost(holding, 0, life(500))).toBeLessThan(MOST_GROWTH);
});

/** Milliseconds of processor time. */
function cost(under: Policy, silences: number, observations: readonly Observation[]): number {
  const state = emptyState();
  const around = (now: number) => ({
    now,
    policies: [under],
    channels: [{ name: 'pager', events: [] }],
    publicUrl: 'http://127.0.0.1:4000',
  });
  const [created_at, ends_at] = [new Date(START).toISOString(), new Date(START + 86_400_000).toISOString()];
  for (let index = 0; index < silences; index++) {
    const matchers = [{ label: 'service', is: '=~', value: `other-${index}-.*` } as const];
    const by = { created_by: 'kim', created_at, ended_by: null };
    const silence: Silence = { id: `s${index}`, matchers, starts_at: created_at, ends_at, reason: '', ...by };
    apply(state, addSilence(state, silence, around(START)));
  }
  const before = process.cpuUsage();
  for (const observation of observations) {
    apply(state, decide(state, observation, around(Date.parse(observation.at))));
  }
  const { user, system } = process.cpuUsage(before);
  expect([...state.open.ids]).toEqual([]);
  return (user + system) / 1_000;
}
