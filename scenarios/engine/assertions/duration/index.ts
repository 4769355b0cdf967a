import Type from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../../core/units.ts';
import type { Timings } from '../../../run-result.ts';
import { defineAssertion } from '../assertion.ts';
import { type Condition, judge } from '../condition.ts';
import { Templated } from '../condition-schema.ts';

type Phase = 'dns' | 'connect' | 'tls' | 'first_byte' | 'download' | 'total';
type Spec = readonly { readonly phase: Phase; readonly condition: Condition }[];

const PHASES: readonly Phase[] = ['dns', 'connect', 'tls', 'first_byte', 'download', 'total'];
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const;

const Length = Type.Union([Type.String({ pattern: DURATION_PATTERN, 'x-expected': 'a duration' }), Templated], {
  'x-expected': 'a duration such as 500ms',
  examples: ['500ms'],
});
const WORDS = { lt: 'Less than.', lte: 'At most.', gt: 'More than.', gte: 'At least.' };
const comparisons = Object.fromEntries(
  COMPARISONS.map((operator) => [
    operator,
    Type.Optional(Type.Union(Length.anyOf, { ...Length, description: WORDS[operator] })),
  ]),
);
const closed = { additionalProperties: false, minProperties: 1 };
const phases = Object.fromEntries(
  PHASES.map((phase) => [
    phase,
    Type.Optional(
      Type.Object(comparisons, { ...closed, description: `The ${phase} phase alone.`, examples: [{ lt: '200ms' }] }),
    ),
  ]),
);

/** Judges how long the exchange took, as a whole or by phase. A phase that did not happen took no time. */
export const assertion = defineAssertion<Spec>({
  kind: 'duration',
  spec: Type.Object(
    { ...comparisons, ...phases },
    {
      ...closed,
      'x-expected': 'comparisons such as { lt: 500ms }',
      description: 'How long the exchange took, as a whole or by phase.',
      examples: [{ lt: '500ms' }],
    },
  ),
  normalize(written) {
    const entries = Object.entries(written as object);
    const whole = Object.fromEntries(entries.filter(([key]) => !isPhase(key)));
    const spec = entries
      .filter(([key]) => isPhase(key))
      .map(([phase, condition]) => ({ phase: phase as Phase, condition }));
    return Object.keys(whole).length > 0 ? [{ phase: 'total', condition: whole }, ...spec] : spec;
  },
  evaluate: (spec, { timings }) =>
    spec.flatMap(({ phase, condition }) =>
      judge(inMilliseconds(condition), took(timings, phase), {
        kind: 'duration',
        subject: phase === 'total' ? 'duration' : `duration of ${phase}`,
        show: (value) => (typeof value === 'number' ? `${Math.round(value * 10) / 10} ms` : String(value)),
      }),
    ),
});

function isPhase(key: string): key is Phase {
  return (PHASES as readonly string[]).includes(key);
}

function took(timings: Timings, phase: Phase): number {
  return timings[`${phase}_ms`] ?? 0;
}

/** A text that is no duration stays as it is; judging it says so. */
function inMilliseconds(condition: Condition): Condition {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, length]) => [
      operator,
      typeof length === 'string' ? (parseDuration(length) ?? length) : length,
    ]),
  );
}
