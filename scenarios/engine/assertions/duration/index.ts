import Type from 'typebox';
import { defineAssertion, defineCapture } from '../assertion.ts';
import { asWord, type Condition, judge } from '../condition.ts';
import { inMilliseconds, lengthComparisons } from '../lengths.ts';

type Phase = 'dns' | 'connect' | 'tls' | 'first_byte' | 'download' | 'total';
type Spec = readonly { readonly phase: Phase; readonly condition: Condition }[];

const PHASES: readonly Phase[] = ['dns', 'connect', 'tls', 'first_byte', 'download', 'total'];
const comparisons = lengthComparisons('500ms');
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
      judge(inMilliseconds(condition), timings[`${phase}_ms`] ?? 0, {
        kind: 'duration',
        subject: subject(phase),
        show: (value) => (typeof value === 'number' ? `${Math.round(value * 10) / 10} ms` : asWord(value)),
      }),
    ),
  capture: defineCapture<true | Phase>({
    spec: Type.Union([Type.Literal(true), ...PHASES.map((phase) => Type.Literal(phase))], {
      'x-expected': `true, or one of ${PHASES.join(', ')}`,
      description: 'How long the exchange took in milliseconds: `true`, or the name of a phase.',
      examples: [true],
    }),
    subject: (phase) => subject(phase === true ? 'total' : phase),
    read(phase, { timings }) {
      const value = timings[`${phase === true ? 'total' : phase}_ms`];
      return typeof value === 'number' ? { value } : { error: `there was no phase ${String(phase)}` };
    },
  }),
});

function isPhase(key: string): key is Phase {
  return (PHASES as readonly string[]).includes(key);
}

function subject(phase: Phase): string {
  return phase === 'total' ? 'duration' : `duration of ${phase}`;
}
