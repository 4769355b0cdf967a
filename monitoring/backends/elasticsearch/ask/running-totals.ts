import type { Slice } from '../../../charts/slice.ts';
import { type GroupBy, groupedBy, groupName } from '../../../group-by.ts';
import type { TimeRange } from '../../../reader.ts';
import type { Attributes } from '../../../telemetry.ts';
import { stringify } from '../encode/json-bytes.ts';
import { type Chart, lookBack } from './chart.ts';
import { labelFields } from './fields.ts';
import type { Intervals } from './intervals.ts';
import { type Aggregated, all, type Query, type Search, type Source, within } from './search.ts';

/** The last value of a series in one interval. */
interface RunningTotal {
  series: string;
  /** RFC 3339, so that they compare as texts. */
  began: string;
  time: string;
  unit: string;
  type: string;
  group: string | null;
  /** Start of the interval; undefined before the window. */
  interval: number | undefined;
  /** Since when it can be known that a series is new. */
  knownSince: string;
  count: number;
  sum: number;
  buckets: Slice[];
}

const LATEST = { latest: { top_hits: { size: 1, sort: [{ '@timestamp': 'desc' }] } } };

/** The last value of every series in every interval, and the one before the window. */
export async function runningTotals(
  search: Search,
  filter: readonly Query[],
  groupBy: GroupBy | undefined,
  window: TimeRange,
  intervals: Intervals,
  abort?: AbortSignal,
): Promise<RunningTotal[]> {
  const before = lookBack(window, intervals.stepMs);
  const sources = ['series', 'start'].map((key) => ({ [key]: { terms: { field: `metric.${key}` } } }));
  const ask = async (range: TimeRange, by: Query[]) =>
    await search.groups('metrics', all([within(range), ...filter]), by, LATEST, { most: 500, abort });
  const [earlier, inside] = await Promise.all([
    ask({ from: before, to: window.from }, sources),
    ask(window, [...sources, ...intervals.sources]),
  ]);
  const knownSince = new Date(Math.max(0, before)).toISOString();
  const totalOf = (interval: (key: Aggregated) => number | undefined) => (found: Aggregated) =>
    runningTotalOf(found.latest.hits.hits[0]._source, interval(found.key), groupBy, knownSince);
  return [...earlier.map(totalOf(() => undefined)), ...inside.map(totalOf((key) => key.time ?? intervals.starts[0]!))];
}

function runningTotalOf(
  source: Source,
  interval: number | undefined,
  groupBy: GroupBy | undefined,
  knownSince: string,
): RunningTotal {
  const value = source['metric.value'] as number | undefined;
  return {
    series: source['metric.series'] as string,
    began: source['metric.start'] as string,
    time: source['@timestamp'] as string,
    unit: source['metric.unit'] as string,
    type: source['metric.type'] as string,
    group: groupName(groupedBy(groupBy).map((name) => labelOf(source, name))),
    interval,
    knownSince,
    count: (source['metric.count'] as number | undefined) ?? value ?? 0,
    sum: (source['metric.sum'] as number | undefined) ?? value ?? 0,
    buckets: (source['metric.buckets'] as Slice[] | undefined) ?? [],
  };
}

function labelOf(source: Source, name: string): string {
  const own = (source.attributes as Attributes | undefined)?.[name];
  const value = own ?? (source.resource as Attributes | undefined)?.[name] ?? source[labelFields(name)[1]!];
  return typeof value === 'string' ? value : value === undefined ? '' : stringify(value);
}

/**
 * Adds what running totals grew by. A total that begins again (another start, or a smaller value) grew by all it
 * shows; one seen for the first time grew by all it shows only if it began while it could have been seen, else it is the base line.
 */
export function addIncreases(totals: RunningTotal[], chart: Chart): void {
  const last = new Map<string, RunningTotal>();
  for (const total of totals.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))) {
    const previous = last.get(total.series);
    last.set(total.series, total);
    if (total.interval === undefined) continue;
    if (!previous && total.began < total.knownSince) continue;
    const goesOn = previous && previous.began === total.began && previous.count <= total.count;
    const base = goesOn ? previous : undefined;
    const interval = chart.interval(total.unit, total.type, total.group, total.interval);
    interval.count += total.count - (base?.count ?? 0);
    interval.sum += total.sum - (base?.sum ?? 0);
    for (const { lower, upper, count } of total.buckets) {
      const had = base?.buckets.find((bucket) => bucket.lower === lower && bucket.upper === upper)?.count ?? 0;
      if (count > had) interval.slices.push({ lower, upper, count: count - had });
    }
  }
}
