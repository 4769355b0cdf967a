import { type Alert, summaryWithoutValues } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { durationText, limitNumber } from '../limits.ts';
import { isCounted, nrqlOf, runsWhere } from './nrql.ts';

/** A static NRQL condition. @see https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-api-alerts-nrql-conditions/ */
export interface NrqlCondition {
  name: string;
  description: string;
  query: string;
  operator: 'above' | 'above_or_equals' | 'below' | 'below_or_equals' | 'equals';
  threshold: number;
  threshold_duration: number;
  threshold_occurrences: 'all' | 'at_least_once';
  aggregation_window: number;
  slide_by: number | null;
  fill: number | null;
  expiration: { duration: number; opens: boolean; closes: boolean } | null;
  runbook: string | null;
}

const OPERATORS = { gt: 'above', gte: 'above_or_equals', lt: 'below', lte: 'below_or_equals' } as const;
const WINDOW_S = { least: 30, most: 21_600 };
const EXPIRATION_S = { least: 30, most: 172_800 };
const LONGEST_THRESHOLD_S = 86_400;
/** Windows begin so often, where they are longer. */
const SLIDES_S = [60, 30];

/** @throws CannotExpress */
export function conditionOf(alert: Alert, context: CompileContext): NrqlCondition {
  const { condition } = alert;
  if (alert.keep_firing_for_ms > 0) {
    alert.approximate(
      ['keep_firing_for'],
      'keep_firing_for: an incident of New Relic ends when its threshold duration is well',
    );
  }
  const summary = summaryWithoutValues(alert);
  const common = { name: `ringdown/${alert.name}`, description: summary, runbook: alert.runbook };
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      const { query, unit, own, window_ms } = nrqlOf(measure, limit.unit, at_least, alert, context);
      const counted = measure.is === 'series' && isCounted(measure.of) && at_least === 0;
      return {
        ...common,
        query,
        operator: OPERATORS[limit.operator],
        threshold: limitNumber(limit, own, unit, [alert.kind, 'is']),
        ...timesOf(alert, window_ms),
        fill: counted ? 0 : null,
        expiration: counted ? null : expirationOf(alert, window_ms),
      };
    }
    case 'absence': {
      const window = { ...condition.of, window_ms: 60_000 };
      const counted = window.of === 'metric' ? { ...window, aggregate: 'count' as const } : window;
      const { query } = nrqlOf({ is: 'series', of: counted }, null, 0, alert, context);
      const duration = condition.for_ms / 1_000;
      if (duration < EXPIRATION_S.least || duration > EXPIRATION_S.most) {
        throw new CannotExpress(
          [alert.kind, 'for'],
          `New Relic misses a signal after 30 s to 48 h, not ${durationText(condition.for_ms)}`,
        );
      }
      alert.approximate(
        [alert.kind, 'of'],
        'absence: New Relic misses a signal that it has had, and needs a threshold besides, which never holds',
      );
      return {
        ...common,
        query,
        operator: 'below',
        threshold: 0,
        ...timesOf({ ...alert, for_ms: 0 }, 60_000),
        fill: null,
        expiration: { duration, opens: true, closes: false },
      };
    }
    case 'failing': {
      if (condition.tags.length > 0)
        throw new CannotExpress(
          ['scenario', 'tags'],
          'runs are sent without the tags of their scenario',
          'name ids or services',
        );
      alert.approximate(
        ['scenario'],
        `failing: New Relic counts failed runs within 5 minutes, not ${condition.consecutive} in a row`,
      );
      const query = `SELECT count(*) FROM Log WHERE ${runsWhere(condition, 'failed').join(' AND ')} FACET \`monitor\``;
      return {
        ...common,
        query,
        operator: 'above_or_equals',
        threshold: condition.consecutive,
        ...timesOf(alert, 300_000),
        fill: 0,
        expiration: null,
      };
    }
    case 'burn_rate':
      throw new CannotExpress(
        [alert.kind],
        'a condition of New Relic has one window, a burn rate has two that must agree',
        'compile it for prometheus',
      );
    case 'backend':
      throw new CannotExpress(
        [alert.kind],
        'New Relic cannot tell how far it is behind itself',
        'compile it for prometheus',
      );
  }
}

function timesOf(
  alert: Pick<Alert, 'for_ms' | 'kind' | 'approximate'>,
  window_ms: number,
): Pick<NrqlCondition, 'aggregation_window' | 'slide_by' | 'threshold_duration' | 'threshold_occurrences'> {
  const window = window_ms / 1_000;
  if (window < WINDOW_S.least || window > WINDOW_S.most || !Number.isInteger(window)) {
    throw new CannotExpress(
      [alert.kind],
      `a window of ${durationText(window_ms)} is none of New Relic's`,
      'from 30s to 6h',
    );
  }
  const slide_by = SLIDES_S.find((slide) => slide < window && window % slide === 0) ?? null;
  const whole = Math.ceil(Math.max(60, alert.for_ms / 1_000) / window) * window;
  if (whole > LONGEST_THRESHOLD_S) throw new CannotExpress(['for'], 'New Relic waits a day at most');
  if (alert.for_ms > 0 && whole !== alert.for_ms / 1_000) {
    alert.approximate(['for'], `for: New Relic waits for whole windows: ${durationText(whole * 1_000)}`);
  }
  return {
    aggregation_window: window,
    slide_by,
    threshold_duration: whole,
    threshold_occurrences: alert.for_ms > 0 ? 'all' : 'at_least_once',
  };
}

/** What it means that a signal is gone. Without it New Relic keeps things as they are. */
function expirationOf({ no_data }: Alert, window_ms: number): NrqlCondition['expiration'] {
  if (no_data === 'keep') return null;
  const duration = Math.min(EXPIRATION_S.most, Math.max(EXPIRATION_S.least, window_ms / 1_000));
  return { duration, opens: no_data === 'alert', closes: no_data === 'ok' };
}
