import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { compileLimit, holds, type Limit, limitSchema, showLimit, showValue } from '../limit.ts';
import { defineRule, type Reading } from '../rule.ts';
import { closed, duration } from '../schema-words.ts';
import {
  checkSeries,
  compileSeries,
  groupKey,
  groupsOf,
  isCounted,
  labelsOf,
  SeriesSchema,
  serviceOf,
  subjectOf,
  unitOf,
} from '../series.ts';
import type { SeriesQuestion, SignalGroup } from '../signal.ts';

const LONGEST_MS = 31 * 86_400_000;

const Schema = Type.Object(
  {
    of: SeriesSchema('What is measured.', { requests: { service: 'reference-api' }, window: '5m' }),
    compared_to: duration('How long before: `1h`, `1d`, `1w`. At most 31d.', '1h'),
    is: limitSchema(
      ['percent', 'number'],
      { gt: '50%', gte: '100%', lt: '-50%', lte: -0.5 },
      'What must not be: `gt: 50%` is half as much again, `lt: -50%` less than half.',
    ),
    at_least: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'Fewer samples than that, now and then together, are no data.',
        examples: [100],
      }),
    ),
  },
  {
    ...closed,
    description: 'A value against itself some time before.',
    examples: [{ of: { requests: { service: 'reference-api' }, window: '5m' }, compared_to: '1h', is: { gt: '50%' } }],
  },
);

export interface RateOfChangeSpec {
  now: SeriesQuestion;
  before: SeriesQuestion;
  compared_to_ms: number;
  limit: Limit;
  at_least: number;
}

/** The change of a value relative to its size some time before. From zero to anything is more than every rise. */
export const rule = defineRule<Static<typeof Schema>, RateOfChangeSpec>({
  kind: 'rate_of_change',
  schema: Schema,
  check({ of, compared_to }) {
    const before = parseDuration(compared_to)!;
    const tooFar = before <= 0 || before > LONGEST_MS;
    return [
      ...checkSeries(of, ['of']),
      ...(tooFar ? [{ path: ['compared_to'], message: 'it is compared to at least 1ms and at most 31d before' }] : []),
    ];
  },
  compile({ of, compared_to, is, at_least }) {
    const before = parseDuration(compared_to)!;
    return {
      now: compileSeries(of),
      before: compileSeries(of, undefined, before),
      compared_to_ms: before,
      limit: compileLimit(is),
      at_least: at_least ?? 0,
    };
  },
  labels: ({ now }) => labelsOf(now),
  service: ({ now }) => serviceOf(now),
  // From nothing: was there nothing, or nobody who counted?
  restsOn: ({ now, compared_to_ms }, { breached, value }) =>
    breached && value === null && isCounted(now) ? compared_to_ms + now.window_ms : 0,
  questions: ({ now, before }) => [now, before],
  shows: ({ now, limit }) => (limit.operator.startsWith('gt') ? now : null),
  evaluate(spec, [now, before]) {
    if (!now || !before) return [];
    const keyOf = ({ labels }: SignalGroup) => groupKey(spec.now, labels);
    const unit = unitOf(spec.now, now);
    const earlier = new Map(groupsOf(spec.before, before).map((group) => [keyOf(group), group]));
    const present = groupsOf(spec.now, now);
    const here = new Set(present.map(keyOf));
    const gone = isCounted(spec.now) ? [...earlier.values()].filter((group) => !here.has(keyOf(group))) : [];
    return [
      ...present.map((group) => reading(spec, group, earlier.get(keyOf(group)), unit)),
      // What is counted and does not occur any more has fallen to zero.
      ...gone.map((group) => reading(spec, { labels: group.labels, value: 0, samples: 0 }, group, unit)),
    ];
  },
});

function reading(
  spec: RateOfChangeSpec,
  now: SignalGroup,
  earlier: SignalGroup | undefined,
  unit: string | null,
): Reading {
  const { labels } = now;
  const subject = subjectOf(spec.now, labels);
  const before = earlier?.value ?? (isCounted(spec.now) ? 0 : null);
  const samples = now.samples === null ? Number.POSITIVE_INFINITY : now.samples + (earlier?.samples ?? 0);
  if (now.value === null || before === null || samples < spec.at_least) {
    const text = `${subject}: no data`;
    return { labels, value: null, breached: null, text, shown: { value: null, threshold: spec.limit.written } };
  }
  const difference = now.value - before;
  const change = difference === 0 ? 0 : difference / Math.abs(before);
  const breached = holds(spec.limit.operator, change, spec.limit.value);
  const words = Number.isFinite(change) ? `${change > 0 ? '+' : ''}${showValue(change, 'share')}` : null;
  const moved = `went from ${showValue(before, unit)} to ${showValue(now.value, unit)} within ${formatDuration(spec.compared_to_ms)}`;
  const text = `${subject} ${moved}${words ? ` (${words})` : ''}, ${breached ? '' : 'not '}${showLimit(spec.limit, 'share')}`;
  const value = Number.isFinite(change) ? change : null;
  return { labels, value, breached, text, shown: { value: words, threshold: spec.limit.written } };
}
