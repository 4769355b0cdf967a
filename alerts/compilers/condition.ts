import type { Limit } from '../rules/limit.ts';
import type { SeriesQuestion } from '../rules/signal.ts';

/** A number that a target can be asked for, one for each combination of the values of the series's `by`. */
export type Measure =
  | { is: 'series'; of: SeriesQuestion }
  /** A whole of fewer samples than `at_least` is no data. */
  | { is: 'ratio'; part: SeriesQuestion; whole: SeriesQuestion; at_least: number }
  /** (now − before) / |before|. */
  | { is: 'change'; now: SeriesQuestion; before: SeriesQuestion; at_least: number };

/** When a rule is breached, in terms that other systems have too. */
export type Condition =
  /** `at_least`: fewer samples are no data; 0 for any number. */
  | { is: 'limit'; measure: Measure; limit: Limit; at_least: number }
  | { is: 'absence'; of: SeriesQuestion; for_ms: number }
  /** Any of `windows`, in which the share of bad ones of both, long and short, is beyond `above`. No bad ones where there are none. */
  | { is: 'burn_rate'; windows: readonly BurnWindow[] }
  /** What the ledger of a backend says: how far it is behind, or what was lost within the window. */
  | { is: 'backend'; name: string; what: 'lag' | 'lost'; limit: Limit; window_ms: number }
  /** Runs of scenarios that fail. */
  | {
      is: 'failing';
      ids: readonly string[];
      tags: readonly string[];
      services: readonly string[];
      environments: readonly string[];
      consecutive: number;
    };

export interface BurnWindow {
  long: { good: SeriesQuestion; total: SeriesQuestion };
  short: { good: SeriesQuestion; total: SeriesQuestion };
  /** As a share: 14.4 times a budget of 0.1 % is 0.0144. */
  above: number;
}

/** The series that a condition asks for, and where each stands below the key of its kind. */
export function seriesOf(condition: Condition): readonly SeriesQuestion[] {
  switch (condition.is) {
    case 'limit':
      return seriesOfMeasure(condition.measure);
    case 'absence':
      return [condition.of];
    case 'burn_rate':
      return condition.windows.flatMap(({ long, short }) => [long.total, long.good, short.total, short.good]);
    default:
      return [];
  }
}

function seriesOfMeasure(measure: Measure): readonly SeriesQuestion[] {
  if (measure.is === 'series') return [measure.of];
  return measure.is === 'ratio' ? [measure.part, measure.whole] : [measure.now, measure.before];
}

/** The attributes whose combinations of values are judged apart; none where there is one value. */
export function groupedBy(condition: Condition): readonly string[] {
  const [series] = seriesOf(condition);
  return series === undefined || series.of === 'runs' ? [] : series.by;
}

const LAG_WINDOW_MS = 120_000;

/** How far a backend is behind, in seconds, as the watcher's own metric has it: a gauge. */
export function lagQuestion(backend: string): Extract<SeriesQuestion, { of: 'metric' }> {
  return {
    of: 'metric',
    metric: 'ringdown_backend_lag_seconds',
    aggregate: 'max',
    where: { backend },
    by: [],
    window_ms: LAG_WINDOW_MS,
    offset_ms: 0,
  };
}
