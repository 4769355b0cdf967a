import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { defineRule, type Reading, type RuleProblem } from '../rule.ts';
import { closed, duration, text } from '../schema-words.ts';
import type { SignalAnswers } from '../signal.ts';

const LONGEST_MS = 366 * 86_400_000;

const Schema = Type.Object(
  {
    name: text('Of a heartbeat of ringdown.yaml: `POST /api/v1/heartbeats/nightly-backup`.', 'nightly-backup'),
    every: duration('How often it is expected; at least 1s and at most 366d.', '24h'),
    grace: Type.Optional(duration('How late it may be; 0s when absent.', '1h')),
  },
  {
    ...closed,
    description: 'A job that reports did not, or reported a failure.',
    examples: [{ name: 'nightly-backup', every: '24h', grace: '1h' }],
  },
);

export interface HeartbeatSpec {
  name: string;
  every_ms: number;
  grace_ms: number;
}

/** Dead-man's switch on a job. One that never reported is late when it has been known for so long. */
export const rule = defineRule<Static<typeof Schema>, HeartbeatSpec>({
  kind: 'heartbeat',
  schema: Schema,
  check({ every, grace = '0s' }) {
    const ms = parseDuration(every)!;
    const problems: RuleProblem[] = [];
    if (ms < 1_000 || ms > LONGEST_MS) {
      problems.push({ path: ['every'], message: 'a heartbeat comes at least once in 366d and at most once in 1s' });
    }
    if (parseDuration(grace)! > LONGEST_MS) problems.push({ path: ['grace'], message: 'the grace is at most 366d' });
    return problems;
  },
  references: ({ name }) => [{ path: ['name'], to: 'heartbeat', name }],
  compile: ({ name, every, grace }) => ({
    name,
    every_ms: parseDuration(every)!,
    grace_ms: grace === undefined ? 0 : parseDuration(grace)!,
  }),
  labels: () => ['heartbeat'],
  questions: ({ name }) => [{ of: 'heartbeat', name }],
  evaluate(spec, [answer], now) {
    return answer ? [reading(spec, answer as SignalAnswers['heartbeat'], now)] : [];
  },
});

function reading(spec: HeartbeatSpec, answer: SignalAnswers['heartbeat'], now: number): Reading {
  const labels = { heartbeat: spec.name };
  const silent = now - Date.parse(answer.last_at ?? answer.known_since);
  const threshold = formatDuration(spec.every_ms + spec.grace_ms);
  if (Number.isNaN(silent)) {
    return { labels, value: null, breached: null, text: `${spec.name}: no data`, shown: { value: null, threshold } };
  }
  const value = formatDuration(Math.max(0, silent));
  const late = silent > spec.every_ms + spec.grace_ms;
  const why = answer.message ? `: ${answer.message}` : '';
  const text = answer.failed
    ? `${spec.name} reported a failure ${value} ago${why}`
    : answer.last_at === null
      ? `${spec.name} has never reported, for ${value}; it is expected every ${formatDuration(spec.every_ms)}`
      : `${spec.name} reported ${value} ago; it is expected every ${formatDuration(spec.every_ms)}`;
  return { labels, value: silent, breached: answer.failed || late, text, shown: { value, threshold } };
}
