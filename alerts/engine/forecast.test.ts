import { describe, expect, test } from '@jest/globals';
import type { Recipient } from '../on-call/targets.ts';
import { builtInPolicy, type EscalationStep, type Policy } from '../policies/policy.ts';
import { failed, observe } from '../testing/observations.ts';
import { decide } from './decide.ts';
import type { Surroundings } from './draft.ts';
import { type ComingStep, comingSteps, forecast } from './forecast.ts';
import { acknowledge } from './people.ts';
import { apply, emptyState, type MutableAlertState } from './state.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const MINUTE = 60_000;
const JOURNEY = 'post-journey@local';
const step = (after_ms: number, notify: string[], repeat_every_ms: number | null = null): EscalationStep => ({
  after_ms,
  notify,
  repeat_every_ms,
});
const policy: Policy = {
  ...builtInPolicy,
  id: 'critical',
  priority: 'P3',
  escalation: [step(0, ['team']), step(5 * MINUTE, ['on-call:primary'], 2 * MINUTE)],
};
/** Kim until 12:03, then Minsu, who wants a push first and a call three minutes later. */
const onCall = (target: string, _priority: string, at: number): Recipient[] => {
  if (target !== 'on-call:primary') return [{ channel: target, delay_ms: 0, user: null }];
  if (at < NOON + 3 * MINUTE) return [{ channel: 'call-kim', delay_ms: 0, user: 'kim' }];
  return [
    { channel: 'push', delay_ms: 0, user: 'minsu' },
    { channel: 'call-minsu', delay_ms: 3 * MINUTE, user: 'minsu' },
  ];
};
const around: Surroundings = {
  now: NOON,
  policies: [policy],
  channels: ['team', 'call-kim', 'push', 'call-minsu'].map((name) => ({ name, events: [] })),
  publicUrl: '',
  resolveTarget: onCall,
};
const words = (steps: readonly ComingStep[]) =>
  steps.map(({ step, calls, again }) =>
    [`step ${step}${again ? ' again' : ''}`, ...calls.map(({ channel, at }) => `${at?.slice(11, 19)} ${channel}`)].join(
      ', ',
    ),
  );

function see(state: MutableAlertState, surroundings = around, monitor = JOURNEY) {
  apply(state, decide(state, observe(monitor, failed, surroundings.now), surroundings));
  return state.incidents.get(state.monitors.get(monitor)!.incident_id!)!;
}

describe('if it fired now', () => {
  test('whoever is on call when a step is due is named, each way at its time, and nothing happens', () => {
    const state = emptyState();
    const told = forecast(state, observe(JOURNEY, failed, NOON), around);
    expect(told).toMatchObject({ outcome: 'opens', incident_id: null, priority: 'P3', held: null });
    expect(words(told.steps)).toEqual(['step 1, 12:00:00 team', 'step 2, 12:05:00 push, 12:08:00 call-minsu']);
    expect([state.incidents.size, state.monitors.size]).toEqual([0, 0]);
  });

  test('in quiet hours the steps begin at their end', () => {
    const night = { priority: 'P3', from_minute: 0, to_minute: 13 * 60, timezone: 'UTC', days: [] } as const;
    const policies = [{ ...policy, quiet_hours: [night] }];
    const told = forecast(emptyState(), observe(JOURNEY, failed, NOON), { ...around, policies });
    expect(told.held).toMatchObject({ stage: 'quiet_hours', until: '2026-11-23T13:00:00.000Z' });
    expect(words(told.steps)).toEqual(['step 1, 13:00:00 team', 'step 2, 13:05:00 push, 13:08:00 call-minsu']);
  });

  test('an outage that is open takes it in, and goes on with its own steps', () => {
    const state = emptyState();
    const { incident } = see(state);
    const told = forecast(state, observe('other@local', failed, NOON + MINUTE), { ...around, now: NOON + MINUTE });
    expect(told).toMatchObject({ outcome: 'joins', incident_id: incident.id });
    expect(words(told.steps)).toEqual(['step 2, 12:05:00 push, 12:08:00 call-minsu']);
  });

  test('however many runs it takes: that is not what is asked', () => {
    const rules = [{ ...builtInPolicy.rules[0]!, consecutive: 3, locations: 2 } as Policy['rules'][number]];
    const told = forecast(emptyState(), observe(JOURNEY, failed, NOON), {
      ...around,
      policies: [{ ...policy, rules }],
    });
    expect(told).toMatchObject({ outcome: 'opens', policy: 'critical' });
  });

  test('nobody where a step reaches nobody: then it is everyone', () => {
    const nobody = { ...around, resolveTarget: () => [] };
    const { steps } = forecast(emptyState(), observe(JOURNEY, failed, NOON), nobody);
    expect(steps[0]).toMatchObject({ everyone: true, nobody: ['team'] });
    expect(steps[0]!.calls.map(({ channel }) => channel)).toEqual(['team', 'call-kim', 'push', 'call-minsu']);
  });
});

test('an open incident names what is to come; one that somebody has, nothing', () => {
  const state = emptyState();
  const { id } = see(state).incident;
  expect(words(comingSteps(state.incidents.get(id)!, around))).toEqual(['step 2, 12:05:00 push, 12:08:00 call-minsu']);
  apply(state, acknowledge(state, id, { by: 'kim', via: 'web' }, around));
  expect(comingSteps(state.incidents.get(id)!, around)).toEqual([]);
});
