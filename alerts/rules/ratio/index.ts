import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { compileLimit, holds, type Limit, limitSchema, showLimit, showValue } from '../limit.ts';
import { defineRule, type Reading } from '../rule.ts';
import { closed, duration } from '../schema-words.ts';
import {
  BareSeriesSchema,
  checkSeries,
  checkWindow,
  compileSeries,
  groupKey,
  groupsOf,
  isCounted,
  labelsOf,
  serviceOf,
  subjectOf,
  thingOf,
} from '../series.ts';
import type { SeriesQuestion, SignalGroup } from '../signal.ts';

const Schema = Type.Object(
  {
    part: BareSeriesSchema('What is divided.', { requests: { service: 'reference-api', status: '5xx' } }),
    whole: BareSeriesSchema('By what.', { requests: { service: 'reference-api' } }),
    window: Type.Optional(duration('How far back both look; 5m when absent.', '5m')),
    is: limitSchema(
      ['percent', 'number'],
      { gt: '5%', gte: '5%', lt: '90%', lte: 0.9 },
      'What must not be; 5% is 0.05.',
    ),
    at_least: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description:
          'A whole of fewer samples is no data: one failure of two is not half of the traffic. 1 when absent.',
        examples: [20],
      }),
    ),
  },
  {
    ...closed,
    description: 'A share beyond a limit, such as the error rate.',
    examples: [
      {
        part: { requests: { service: 'reference-api', status: '5xx' } },
        whole: { requests: { service: 'reference-api' } },
        window: '5m',
        is: { gt: '5%' },
        at_least: 20,
      },
    ],
  },
);

export interface RatioSpec {
  part: SeriesQuestion;
  whole: SeriesQuestion;
  limit: Limit;
  at_least: number;
}

/** One number divided by another, group by group. A whole of zero, or of too few samples, is no data. */
export const rule = defineRule<Static<typeof Schema>, RatioSpec>({
  kind: 'ratio',
  schema: Schema,
  check(written) {
    const by = (series: { by?: string | string[] }) => [series.by ?? []].flat().sort().join('\0');
    return [
      ...checkSeries(written.part, ['part']),
      ...checkSeries(written.whole, ['whole']),
      ...checkWindow(written.window, ['window']),
      ...(by(written.part) === by(written.whole)
        ? []
        : [{ path: ['part'], part: 'key' as const, message: 'part and whole must have the same "by"' }]),
    ];
  },
  compile({ part, whole, window, is, at_least }) {
    const windowMs = window === undefined ? undefined : parseDuration(window);
    return {
      part: compileSeries(part, windowMs),
      whole: compileSeries(whole, windowMs),
      limit: compileLimit(is),
      at_least: at_least ?? 1,
    };
  },
  labels: ({ whole }) => labelsOf(whole),
  service: ({ whole, part }) => serviceOf(whole) ?? serviceOf(part),
  questions: ({ part, whole }) => [part, whole],
  shows: ({ part, limit }) => (limit.operator.startsWith('gt') ? part : null),
  evaluate(spec, [part, whole]) {
    if (!part || !whole) return [];
    const parts = new Map(groupsOf(spec.part, part).map((group) => [groupKey(spec.part, group.labels), group]));
    return groupsOf(spec.whole, whole).map((group) =>
      reading(spec, group, parts.get(groupKey(spec.whole, group.labels))),
    );
  },
});

function reading(spec: RatioSpec, whole: SignalGroup, part: SignalGroup | undefined): Reading {
  const { labels } = whole;
  const divided = part?.value ?? (isCounted(spec.part) ? 0 : null);
  const samples = whole.samples ?? whole.value ?? 0;
  const value = divided === null || !whole.value || samples < spec.at_least ? null : divided / whole.value;
  if (value === null || !Number.isFinite(value)) {
    const text = `${sayShare(spec, labels, 'an unknown share')}: no data`;
    return { labels, value: null, breached: null, text, shown: { value: null, threshold: spec.limit.written } };
  }
  const breached = holds(spec.limit.operator, value, spec.limit.value);
  const shown = { value: showValue(value, 'share'), threshold: spec.limit.written };
  const text = `${sayShare(spec, labels, shown.value)}, ${breached ? '' : 'not '}${showLimit(spec.limit, 'share')}`;
  return { labels, value, breached, text, shown };
}

/** `5xx requests of /a are 6% of requests within 5 min` where things are counted. */
function sayShare({ part, whole }: RatioSpec, labels: Reading['labels'], share: string): string {
  if (!isCounted(part) || !isCounted(whole)) return `${subjectOf(part, labels)} / ${subjectOf(whole, {})} is ${share}`;
  const within = formatDuration(whole.window_ms);
  return `${thingOf(part, labels)} are ${share} of ${thingOf(whole, {})} within ${within}`;
}
