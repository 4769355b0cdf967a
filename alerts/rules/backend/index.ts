import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { compileLimit, holds, type Limit, limitSchema, showLimit, showValue } from '../limit.ts';
import { defineRule, type Reading, type RuleProblem } from '../rule.ts';
import { closed, duration, text } from '../schema-words.ts';
import { checkWindow } from '../series.ts';
import type { SignalAnswers } from '../signal.ts';

const DEFAULT_WINDOW_MS = 3_600_000;

const Schema = Type.Object(
  {
    name: text('Of a backend of ringdown.yaml.', 'elk'),
    is: Type.Object(
      {
        lag: Type.Optional(
          limitSchema(
            ['duration'],
            { gt: '5m', gte: '5m', lt: '5m', lte: '5m' },
            'How old the oldest item is that it has not taken yet.',
          ),
        ),
        lost: Type.Optional(
          limitSchema(
            ['number'],
            { gt: 0, gte: 1, lt: 1, lte: 0 },
            'Items that it refused, or that were dropped for it, within the window.',
          ),
        ),
      },
      {
        ...closed,
        minProperties: 1,
        maxProperties: 1,
        description: 'What must not be.',
        examples: [{ lag: { gt: '5m' } }],
      },
    ),
    window: Type.Optional(duration('In which losses count; 1h when absent.', '1h')),
  },
  {
    ...closed,
    description: 'A backend of telemetry falls behind, or loses something.',
    examples: [
      { name: 'elk', is: { lag: { gt: '5m' } } },
      { name: 'elk', is: { lost: { gt: 0 } }, window: '1h' },
    ],
  },
);

export interface BackendSpec {
  name: string;
  what: 'lag' | 'lost';
  limit: Limit;
  window_ms: number;
}

/** The relay's ledger: how far a backend is behind, and what did not get there. */
export const rule = defineRule<Static<typeof Schema>, BackendSpec>({
  kind: 'backend',
  schema: Schema,
  check(written) {
    const problems: RuleProblem[] = [...checkWindow(written.window, ['window'])];
    if (written.window !== undefined && written.is.lag) {
      problems.push({ path: ['window'], part: 'key', message: '"window" goes with lost; lag is a matter of now' });
    }
    return problems;
  },
  references: ({ name }) => [{ path: ['name'], to: 'backend', name }],
  compile: ({ name, is, window }) => ({
    name,
    what: is.lag ? 'lag' : 'lost',
    limit: compileLimit(is.lag ?? is.lost ?? {}),
    window_ms: window === undefined ? DEFAULT_WINDOW_MS : parseDuration(window)!,
  }),
  labels: () => ['backend'],
  questions: ({ name, window_ms }) => [{ of: 'backend', name, window_ms }],
  evaluate(spec, [answer]) {
    return answer ? [reading(spec, answer as SignalAnswers['backend'])] : [];
  },
});

function reading(spec: BackendSpec, answer: SignalAnswers['backend']): Reading {
  const labels = { backend: spec.name };
  const unit = spec.what === 'lag' ? 'ms' : '1';
  const value = spec.what === 'lag' ? answer.lag_ms : answer.lost;
  if (!Number.isFinite(value)) {
    const text = `${spec.name}: no data`;
    return { labels, value: null, breached: null, text, shown: { value: null, threshold: spec.limit.written } };
  }
  const breached = holds(spec.limit.operator, value, spec.limit.value);
  const shown = { value: showValue(value, unit), threshold: spec.limit.written };
  const what =
    spec.what === 'lag'
      ? `${spec.name} is ${shown.value} behind`
      : `${spec.name} lost ${shown.value} items within ${formatDuration(spec.window_ms)}`;
  return { labels, value, breached, text: `${what}, ${breached ? '' : 'not '}${showLimit(spec.limit, unit)}`, shown };
}
