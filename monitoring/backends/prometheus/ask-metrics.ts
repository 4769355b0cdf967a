import { familyName, labelName, UNIT_WORDS } from '../../../core/prometheus-names.ts';
import { groupedBy } from '../../group-by.ts';
import { type Aggregate, type Answers, CannotAnswer, type Question, type TimeRange } from '../../reader.ts';
import type { MetricSeries } from '../../telemetry.ts';
import { intervalStarts } from './ask-requests.ts';
import { equals, grownBy, type PrometheusApi, selector } from './promql.ts';

type MetricQuestion = Extract<Question, { ask: 'metric' }>;
type Kind = 'counter' | 'gauge' | 'histogram';

const QUANTILES: Partial<Record<Aggregate, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };
const UNIT_OF_WORD: Record<string, string> = { seconds: 's', milliseconds: 'ms', bytes: 'By', ratio: '1' };

/** A metric over time, by the name that its sender gave it. */
export async function askMetric(
  api: PrometheusApi,
  question: MetricQuestion,
  window: TimeRange,
  abort: AbortSignal,
): Promise<MetricSeries[]> {
  const { name, attributes = {}, aggregate, interval_ms } = question;
  const names = groupedBy(question.group_by);
  const ms = interval_ms ?? window.to - window.from;
  const found = await findFamily(api, name, window, abort);
  if (!found) return [];
  const matchers = Object.entries(attributes).map(([key, value]) => equals(labelName(key), value));
  const query = queryFor(
    found.kind,
    aggregate,
    (ending) => selector(found.family + ending, matchers),
    names.map(labelName),
    ms,
  );
  const starts = interval_ms === undefined ? [window.from] : intervalStarts(window, ms, true);
  const rows = await api.range(query, starts[0]! + ms, starts.at(-1)! + ms, ms, abort);
  return rows
    .map(({ labels, values }) => {
      const at = new Map(values);
      return {
        name,
        unit: found.unit,
        attributes: Object.fromEntries(names.map((one) => [one, labels[labelName(one)] ?? ''])),
        points: starts.map((start): [number, number | null] => {
          const value = at.get(start + ms);
          return [start, value !== undefined && Number.isFinite(value) ? value : null];
        }),
      };
    })
    .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
}

function queryFor(
  kind: Kind,
  aggregate: Aggregate,
  series: (ending: string) => string,
  labels: readonly string[],
  ms: number,
): string {
  const by = labels.join();
  const sum = (what: string) => `sum by (${by}) (${what})`;
  const refuse = () => new CannotAnswer(`Prometheus cannot tell the ${aggregate} of a ${kind}`);
  if (kind === 'counter') {
    const grown = sum(grownBy(series('_total'), ms));
    if (aggregate === 'rate') return `${grown} / ${ms / 1_000}`;
    if (aggregate === 'sum' || aggregate === 'count') return grown;
    throw refuse();
  }
  if (kind === 'gauge') {
    const over: Partial<Record<Aggregate, string>> = { avg: 'avg', min: 'min', max: 'max', sum: 'sum', count: 'sum' };
    const outer = over[aggregate];
    if (outer === undefined) throw refuse();
    return `${outer} by (${by}) (${aggregate}_over_time(${series('')}[${Math.max(1, Math.round(ms))}ms]))`;
  }
  const count = sum(grownBy(series('_count'), ms));
  const total = sum(grownBy(series('_sum'), ms));
  const q = QUANTILES[aggregate];
  if (q !== undefined) {
    const buckets = grownBy(series('_bucket'), ms);
    return `histogram_quantile(${q}, sum by (${[...labels, 'le'].join()}) (${buckets}))`;
  }
  switch (aggregate) {
    case 'count':
      return count;
    case 'rate':
      return `${count} / ${ms / 1_000}`;
    case 'sum':
      return total;
    case 'avg':
      return `${total} / ${count}`;
    default:
      throw refuse();
  }
}

/** The family that a metric became: its unit, which the question does not tell, may stand in the name. */
async function findFamily(
  api: PrometheusApi,
  name: string,
  window: TimeRange,
  abort: AbortSignal,
): Promise<{ family: string; kind: Kind; unit: string } | undefined> {
  const bases = [...new Set([familyName(name, '', 'gauge'), familyName(name, '', 'counter')])];
  const matching = `(${bases.join('|')})(_(${UNIT_WORDS.join('|')}))?(_total|_bucket)?`;
  const names = await api.names(matching, window.from, window.to, abort);
  const families = names.map(familyOf).sort((a, b) => a.family.length - b.family.length);
  return families.find(({ kind }) => kind !== 'gauge') ?? families[0];
}

function familyOf(name: string): { family: string; kind: Kind; unit: string } {
  const kind = name.endsWith('_total') ? 'counter' : name.endsWith('_bucket') ? 'histogram' : 'gauge';
  const family = name.replace(/_(total|bucket)$/, '');
  const word = family.slice(family.lastIndexOf('_') + 1);
  return { family, kind, unit: UNIT_OF_WORD[word] ?? '' };
}

/** Names as Prometheus has them, without the endings of their samples. */
export async function askMetricNames(
  api: PrometheusApi,
  window: TimeRange,
  abort: AbortSignal,
): Promise<Answers['metric_names']> {
  const names = await api.names(undefined, window.from, window.to, abort);
  const histograms = new Set(names.filter((name) => name.endsWith('_bucket')).map((name) => name.slice(0, -7)));
  return names
    .filter((name) => !/^(up|scrape_.*)$/.test(name))
    .filter((name) => !/_(sum|count)$/.test(name) || !histograms.has(name.replace(/_(sum|count)$/, '')))
    .map(familyOf)
    .map(({ family, kind, unit }) => ({ name: family, unit, type: kind === 'counter' ? 'sum' : kind }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
