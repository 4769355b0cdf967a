import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../../core/units.ts';
import { defineRule, type Reading, type RuleProblem } from '../rule.ts';
import { closed, duration, text } from '../schema-words.ts';
import {
  BareSeriesSchema,
  checkSeries,
  checkWindow,
  compileSeries,
  groupsOf,
  serviceOf,
  thingOf,
  type WrittenSeries,
} from '../series.ts';
import type { SeriesQuestion, SignalAnswer } from '../signal.ts';

const Windows = Type.Array(
  Type.Object(
    {
      long: duration('Over which the burn must be high.', '1h'),
      short: duration(
        'Over which it must be high still, so that it ends soon after the trouble. A twelfth is usual.',
        '5m',
      ),
      factor: Type.Number({
        exclusiveMinimum: 0,
        maximum: 100_000,
        description: 'How many times faster than the budget allows: 14.4 for an hour is 2% of a month.',
        examples: [14.4],
      }),
    },
    closed,
  ),
  {
    minItems: 1,
    maxItems: 10,
    description: 'Any of them is enough. 14.4 over 1h and 5m, and 6 over 6h and 30m, when absent.',
    examples: [[{ long: '1h', short: '5m', factor: 14.4 }]],
  },
);

const Schema = Type.Object(
  {
    slo: Type.Optional(
      Type.Object(
        { scenario: text('Id of a scenario; its passed runs are the good ones.', 'post-journey') },
        {
          ...closed,
          description: 'Runs of a scenario; instead of `good` and `total`.',
          examples: [{ scenario: 'post-journey' }],
        },
      ),
    ),
    good: Type.Optional(BareSeriesSchema('What went well.', { requests: { service: 'reference-api', status: 'ok' } })),
    total: Type.Optional(BareSeriesSchema('All of it.', { requests: { service: 'reference-api' } })),
    objective: Type.String({
      pattern: '^\\d+(\\.\\d+)?%$',
      'x-expected': 'a percentage such as 99.9%',
      description: 'Share that is to be good.',
      examples: ['99.9%'],
    }),
    windows: Type.Optional(Windows),
  },
  {
    ...closed,
    description:
      'The error budget of an objective is used up too fast (Google, The Site Reliability Workbook, chapter 5).',
    examples: [
      {
        slo: { scenario: 'post-journey' },
        objective: '99.9%',
        windows: [
          { long: '1h', short: '5m', factor: 14.4 },
          { long: '6h', short: '30m', factor: 6 },
        ],
      },
      {
        good: { requests: { service: 'reference-api', status: 'ok' } },
        total: { requests: { service: 'reference-api' } },
        objective: '99.5%',
      },
    ],
  },
);

export interface BurnWindow {
  long_ms: number;
  short_ms: number;
  factor: number;
}

export interface BurnRateSpec {
  /** 0.999 */
  objective: number;
  windows: readonly BurnWindow[];
  /** Four a window: good and total of the long one, good and total of the short one. */
  questions: readonly SeriesQuestion[];
}

const USUAL: readonly BurnWindow[] = [
  { long_ms: 3_600_000, short_ms: 300_000, factor: 14.4 },
  { long_ms: 21_600_000, short_ms: 1_800_000, factor: 6 },
];

/**
 * Multi-window, multi-burn-rate: fires while, in any pair of windows, both burn more than `factor` times as fast as the
 * objective allows. Where nothing happened within a long window there is no data; nothing within the short one burns nothing.
 */
export const rule = defineRule<Static<typeof Schema>, BurnRateSpec>({
  kind: 'burn_rate',
  schema: Schema,
  check(written) {
    const problems: RuleProblem[] = [];
    const bySeries = written.good !== undefined || written.total !== undefined;
    if ((written.slo !== undefined) === bySeries || (bySeries && !(written.good && written.total))) {
      problems.push({ path: [], part: 'key', message: 'it needs either "slo", or both "good" and "total"' });
    }
    for (const key of ['good', 'total'] as const) {
      const series = written[key];
      if (!series) continue;
      problems.push(...checkSeries(series, [key]));
      if (series.by !== undefined) {
        problems.push({ path: [key, 'by'], part: 'key', message: 'a burn rate is one number: it takes no "by"' });
      }
    }
    const objective = Number(written.objective.slice(0, -1));
    if (!(objective > 0 && objective < 100)) {
      problems.push({ path: ['objective'], message: 'the objective must be more than 0% and less than 100%' });
    }
    written.windows?.forEach(({ long, short }, index) => {
      const [longest, shortest] = [parseDuration(long)!, parseDuration(short)!];
      problems.push(
        ...checkWindow(long, ['windows', index, 'long']),
        ...checkWindow(short, ['windows', index, 'short']),
      );
      if (shortest >= longest) {
        const message = `the short window must be shorter than the long one, ${long}`;
        problems.push({ path: ['windows', index, 'short'], message });
      }
    });
    return problems;
  },
  compile(written) {
    const windows =
      written.windows?.map(({ long, short, factor }) => ({
        long_ms: parseDuration(long)!,
        short_ms: parseDuration(short)!,
        factor,
      })) ?? USUAL;
    const [good, total]: WrittenSeries[] = written.slo
      ? [
          { runs: { scenarios: [written.slo.scenario], status: 'passed' } },
          { runs: { scenarios: [written.slo.scenario] } },
        ]
      : [written.good!, written.total!];
    return {
      objective: Number((Number(written.objective.slice(0, -1)) / 100).toPrecision(12)),
      windows,
      questions: windows.flatMap(({ long_ms, short_ms }) => [
        compileSeries(good!, long_ms),
        compileSeries(total!, long_ms),
        compileSeries(good!, short_ms),
        compileSeries(total!, short_ms),
      ]),
    };
  },
  service: ({ questions }) => serviceOf(questions[1]!),
  questions: ({ questions }) => questions,
  // What is not good burns; of the long window, since the short one may have burnt nothing for a moment.
  shows({ questions: [good] }) {
    return good?.of === 'requests' && good.status === 'ok' ? { ...good, status: 'error' } : null;
  },
  evaluate(spec, answers) {
    if (answers.some((answer) => !answer) || answers.length !== spec.questions.length) return [];
    const allowed = 1 - spec.objective;
    const burns = spec.windows.map(({ factor }, index) => {
      const burn = (at: number) => {
        const total = numberOf(spec.questions[at + 1]!, answers[at + 1]!);
        if (total === null || total <= 0) return { burn: 0, total: 0 };
        // Two questions are asked one after the other: more may be good than there was in all.
        const good = Math.min(1, Math.max(0, (numberOf(spec.questions[at]!, answers[at]!) ?? 0) / total));
        return { burn: (1 - good) / allowed, total };
      };
      const [long, short] = [burn(index * 4), burn(index * 4 + 2)];
      return { long, short, factor, breached: long.burn > factor && short.burn > factor };
    });
    return [reading(spec, burns)];
  },
});

function numberOf(question: SeriesQuestion, answer: SignalAnswer): number | null {
  return groupsOf(question, answer)[0]?.value ?? null;
}

function reading(
  spec: BurnRateSpec,
  burns: readonly { long: { burn: number; total: number }; factor: number; breached: boolean }[],
): Reading {
  const found = burns.findIndex(({ breached }) => breached);
  const at = Math.max(0, found);
  const { long, factor, breached } = burns[at]!;
  const objective = `${Number((spec.objective * 100).toPrecision(10))}%`;
  const threshold = `${factor}×`;
  const of = ` of ${thingOf(spec.questions[1]!, {})}`;
  if (burns.every(({ long: { total } }) => total === 0)) {
    const text = `error budget of ${objective}${of}: no data`;
    return { labels: {}, value: null, breached: null, text, shown: { value: null, threshold } };
  }
  const speed = `${Number(long.burn.toPrecision(3))}×`;
  const window = formatDuration(spec.windows[at]!.long_ms);
  const verdict = breached ? 'more than' : 'not more than';
  const text = `error budget of ${objective}${of} burns ${speed} as fast as allowed over ${window}, ${verdict} ${threshold}`;
  return { labels: {}, value: long.burn, breached, text, shown: { value: speed, threshold } };
}
