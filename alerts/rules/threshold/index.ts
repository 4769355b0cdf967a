import { type Static, Type } from 'typebox';
import { compileLimit, holds, type Limit, limitIn, limitSchema, showLimit, showValue } from '../limit.ts';
import { defineRule, type Reading } from '../rule.ts';
import { closed } from '../schema-words.ts';
import {
  checkSeries,
  compileSeries,
  countOf,
  groupsOf,
  isCounted,
  labelsOf,
  SeriesSchema,
  serviceOf,
  subjectOf,
  unitOf,
} from '../series.ts';
import type { SeriesQuestion } from '../signal.ts';

const Schema = Type.Object(
  {
    of: SeriesSchema('What is measured.', { metric: 'http.server.request.duration', aggregate: 'p95', window: '5m' }),
    is: limitSchema(
      ['number', 'duration', 'size', 'percent'],
      { gt: '500ms', gte: 100, lt: '10MB', lte: '5%' },
      "What must not be. A bare number is in the metric's own unit.",
    ),
    at_least: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'Fewer samples than that in the window are no data.',
        examples: [20],
      }),
    ),
  },
  {
    ...closed,
    description: 'A value beyond a limit: a metric, its percentile, a number of log records, requests or runs.',
    examples: [
      {
        of: { metric: 'http.server.request.duration', aggregate: 'p95', by: 'http.route', window: '5m' },
        is: { gt: '500ms' },
      },
      { of: { logs: { service: 'billing', level: 'error' }, window: '1m' }, is: { gte: 10 } },
    ],
  },
);

export interface ThresholdSpec {
  question: SeriesQuestion;
  limit: Limit;
  at_least: number;
}

/** A value beyond a limit. Too few samples are no data; so is a value whose unit does not go with the limit's, which the text says. */
export const rule = defineRule<Static<typeof Schema>, ThresholdSpec>({
  kind: 'threshold',
  schema: Schema,
  check: ({ of }) => checkSeries(of, ['of']),
  compile: ({ of, is, at_least }) => ({
    question: compileSeries(of),
    limit: compileLimit(is),
    at_least: at_least ?? 0,
  }),
  labels: ({ question }) => labelsOf(question),
  service: ({ question }) => serviceOf(question),
  questions: ({ question }) => [question],
  shows: ({ question, limit }) => (limit.operator.startsWith('gt') ? question : null),
  evaluate(spec, [answer]) {
    if (!answer) return [];
    const unit = unitOf(spec.question, answer);
    return groupsOf(spec.question, answer).map((group) => {
      const enough = group.samples === null || group.samples >= spec.at_least;
      return reading(spec, group.labels, enough ? group.value : null, unit);
    });
  },
  // Too few: did few come, or did nobody count?
  restsOn: ({ question, limit: { operator } }, { breached }) =>
    breached && isCounted(question) && operator.startsWith('lt') ? question.window_ms : 0,
  vanished: (spec, labels) => (isCounted(spec.question) && spec.at_least === 0 ? reading(spec, labels, 0, '1') : null),
});

function reading(spec: ThresholdSpec, labels: Reading['labels'], value: number | null, unit: string | null): Reading {
  const subject = subjectOf(spec.question, labels);
  const threshold = showLimit(spec.limit, unit);
  if (value === null) {
    const text = `${subject}: no data`;
    return { labels, value: null, breached: null, text, shown: { value: null, threshold: spec.limit.written } };
  }
  const limit = limitIn(spec.limit, unit);
  const shown = { value: showValue(value, unit), threshold: spec.limit.written };
  if (limit === null) {
    const text = `${subject} is ${shown.value} (unit: ${unit ?? 'unknown'}), which cannot be compared with ${spec.limit.written}`;
    return { labels, value, breached: null, text, shown };
  }
  const breached = holds(spec.limit.operator, value, limit);
  const said = isCounted(spec.question) ? countOf(spec.question, labels, shown.value) : `${subject} is ${shown.value}`;
  return { labels, value, breached, text: `${said}, ${breached ? '' : 'not '}${threshold}`, shown };
}
