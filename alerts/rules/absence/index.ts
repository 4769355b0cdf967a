import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { defineRule, type Reading } from '../rule.ts';
import { closed, duration } from '../schema-words.ts';
import { BareSeriesSchema, checkSeries, checkWindow, compileSeries, labelsOf, serviceOf, thingOf } from '../series.ts';
import type { SeriesAnswer, SeriesQuestion } from '../signal.ts';

const Schema = Type.Object(
  {
    of: BareSeriesSchema('What must be heard of.', { logs: { service: 'billing' } }),
    for: duration('How long it may be silent; at most 31d.', '10m'),
  },
  {
    ...closed,
    description:
      'Silence: nothing of it has come for so long. With `by`, each combination of values that was heard of once.',
    examples: [{ of: { logs: { service: 'billing' } }, for: '10m' }],
  },
);

export interface AbsenceSpec {
  question: SeriesQuestion;
  for_ms: number;
}

/** Dead-man's switch on a series: silence is what it looks for, so it never has "no data". */
export const rule = defineRule<Static<typeof Schema>, AbsenceSpec>({
  kind: 'absence',
  schema: Schema,
  check: ({ of, for: silent }) => [
    ...checkSeries(of.metric !== undefined && of.aggregate === undefined ? { ...of, aggregate: 'count' } : of, ['of']),
    ...checkWindow(silent, ['for']),
  ],
  compile({ of, for: silent }) {
    const for_ms = parseDuration(silent)!;
    return { question: compileSeries({ aggregate: 'count', ...of }, for_ms), for_ms };
  },
  labels: ({ question }) => labelsOf(question),
  service: ({ question }) => serviceOf(question),
  questions: ({ question }) => [question],
  evaluate(spec, [answer]) {
    if (!answer) return [];
    const { groups } = answer as SeriesAnswer;
    if (groups.length === 0 && labelsOf(spec.question).length === 0) return [reading(spec, {}, true)];
    return groups.map(({ labels, value, samples }) => reading(spec, labels, (samples ?? value ?? 0) === 0));
  },
  restsOn: ({ for_ms }, { breached }) => (breached ? for_ms : 0),
  vanished: (spec, labels) => reading(spec, labels, true),
});

function reading(spec: AbsenceSpec, labels: Reading['labels'], silent: boolean): Reading {
  const thing = thingOf(spec.question, labels);
  const limit = formatDuration(spec.for_ms);
  const text = silent ? `no ${thing} for ${limit}` : `${thing} came within ${limit}`;
  return { labels, value: silent ? 0 : 1, breached: silent, text, shown: { value: null, threshold: limit } };
}
