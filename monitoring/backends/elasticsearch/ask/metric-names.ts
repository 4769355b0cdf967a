import type { Answers, TimeRange } from '../../../reader.ts';
import { SERVED } from './fields.ts';
import { type Aggregated, all, type Search, within } from './search.ts';

/** In alphabetical order, with the duration of requests where there are any. */
export async function askMetricNames(
  search: Search,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Answers['metric_names']> {
  const sources = ['name', 'unit', 'type'].map((key) => ({ [key]: { terms: { field: `metric.${key}` } } }));
  const [found, served] = await Promise.all([
    search.groups('metrics', within(window), sources, {}, { abort }),
    search.run(
      'traces',
      { size: 1, query: all([within(window), SERVED]), _source: ['span.kind'], terminate_after: 1 },
      abort,
    ),
  ]);
  const names = found.map(({ key }: Aggregated) => key as Answers['metric_names'][number]);
  const duration = { name: 'http.server.request.duration', unit: 's', type: 'histogram' };
  const isSent = names.some(({ name, type }) => name === duration.name && type === duration.type);
  return served.hits.length > 0 && !isSent
    ? [...names, duration].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    : names;
}
