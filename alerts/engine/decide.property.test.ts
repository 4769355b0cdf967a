import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  answered,
  degraded,
  failed,
  observe,
  passed,
  skipped,
  timedOut,
  unreachable,
  watcherFault,
  wrongBody,
} from '../testing/observations.ts';
import { decide } from './decide.ts';
import type { Surroundings } from './draft.ts';
import { FLAPPING } from './lifecycle.ts';
import { acknowledge } from './people.ts';
import { type AlertState, apply, emptyState, type QueuedDelivery } from './state.ts';

const KIM = { by: 'kim', via: 'web' };
const OUTCOMES = {
  passed,
  degraded,
  skipped,
  watcherFault,
  quarantined: { ...failed, quarantined: true },
  failed,
  unreachable,
  wrongBody: wrongBody(),
  otherRoute: answered(500, 'GET /v1/users', 'list'),
  slow: timedOut(),
  rejected: answered(401, 'POST /v1/sessions', 'sign in'),
};
type Outcome = keyof typeof OUTCOMES;
const RINGING: ReadonlySet<Outcome> = new Set(['failed', 'unreachable', 'wrongBody', 'otherRoute', 'slow', 'rejected']);

const step = fc.record({
  monitor: fc.constantFrom('a@local', 'b@local', 'c@local'),
  outcome: fc.constantFrom(...(Object.keys(OUTCOMES) as Outcome[])),
  waitSeconds: fc.integer({ min: 1, max: 400 }),
  acknowledge: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const around: Surroundings = {
  now: 0,
  policies: [],
  channels: [{ name: 'pager', events: ['incident.resolved', 'incident.acknowledged'] }],
  publicUrl: '',
};

/** Plays the steps and checks after each of them what must always hold. */
function play(steps: readonly Step[]): { state: AlertState; triggered: { at: number; causes: string[] }[] } {
  const state = emptyState();
  const told: QueuedDelivery[] = [];
  const triggered: { at: number; causes: string[] }[] = [];
  let now = Date.UTC(2026, 10, 23);
  for (const { monitor, outcome, waitSeconds, acknowledge: answers } of steps) {
    now += waitSeconds * 1_000;
    const change = decide(state, observe(monitor, OUTCOMES[outcome], now), { ...around, now });
    apply(state, change);
    const fresh = [...change.deliveries.values()];
    told.push(...fresh);
    for (const { event, incident_id } of fresh) {
      if (event !== 'incident.triggered') continue;
      // Nobody is paged but for a failure.
      expect(RINGING.has(outcome)).toBe(true);
      triggered.push({ at: now, causes: [state.incidents.get(incident_id)!.causes[0]!] });
    }
    // No failure is lost: its monitor is part of an open incident that was told.
    if (RINGING.has(outcome)) {
      const row = state.incidents.get(state.monitors.get(monitor)!.incident_id!);
      expect(row?.incident.state).not.toBe('resolved');
      expect(row?.incident.monitors).toContain(monitor);
      expect(row?.told).toEqual(['pager']);
    }
    for (const row of state.incidents.values()) {
      const waiting = row.incident.monitors.filter((key) => state.monitors.get(key)?.incident_id === row.incident.id);
      expect(waiting.length > 0).toBe(row.incident.state !== 'resolved');
    }
    const open = [...state.incidents.values()].find((row) => row.incident.state === 'triggered');
    if (answers && open) apply(state, acknowledge(state, open.incident.id, KIM, { ...around, now }));
  }
  for (const [id, deliveries] of Map.groupBy(told, ({ incident_id }) => incident_id)) {
    expect(new Set(deliveries.map(({ dedup_key }) => dedup_key))).toEqual(
      new Set([state.incidents.get(id)!.incident.dedup_key]),
    );
    expect(deliveries.filter(({ event }) => event === 'incident.triggered')).toHaveLength(1);
    expect(deliveries[0]!.event).toBe('incident.triggered');
    expect(deliveries.filter(({ event }) => event === 'incident.resolved').length).toBeLessThanOrEqual(1);
  }
  const keys = [...state.incidents.values()].map(({ incident }) => incident.dedup_key);
  expect(new Set(keys).size).toBe(keys.length);
  return { state, triggered };
}

test('whatever is observed: no page without a failure, no failure without a page, one key for each incident', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      play(steps);
    }),
    { numRuns: 150, seed: 4 },
  );
});

test('whatever was observed: once everything passes for a while, nothing is open', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const calm: Step[] = (['a@local', 'b@local', 'c@local'] as const).flatMap((monitor) =>
        Array.from({ length: 3 }, () => ({
          monitor,
          outcome: 'passed',
          waitSeconds: 400,
          acknowledge: false,
        })),
      );
      const { state } = play([...steps, ...calm]);
      for (const row of state.incidents.values()) expect(row.incident.state).toBe('resolved');
    }),
    { numRuns: 40, seed: 4 },
  );
});

test('however it flaps: pages for a cause within an hour are bounded', () => {
  const most = FLAPPING.incidents + FLAPPING.windowMs / FLAPPING.passingForMs;
  const flapping = fc.record({
    monitor: fc.constantFrom('a@local', 'b@local'),
    outcome: fc.constantFrom<Outcome>('passed', 'failed', 'unreachable', 'slow'),
    waitSeconds: fc.integer({ min: 1, max: 60 }),
    acknowledge: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(flapping, { minLength: 100, maxLength: 200 }), (steps) => {
      const { triggered } = play(steps);
      for (const [, pages] of Map.groupBy(triggered, ({ causes }) => causes[0])) {
        for (const { at } of pages) {
          const within = pages.filter((page) => page.at >= at && page.at < at + FLAPPING.windowMs);
          expect(within.length).toBeLessThanOrEqual(most);
        }
      }
    }),
    { numRuns: 40, seed: 4 },
  );
});
