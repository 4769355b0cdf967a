import type { Question, TimeRange } from '../../../reader.ts';
import type { ServiceVersion } from '../../../telemetry.ts';
import { type Aggregated, all, exists, type Search, term, within } from './search.ts';

/** Versions whose first span lies in the window: the deployments of that time, oldest first. */
export async function askVersions(
  search: Search,
  { service }: Extract<Question, { ask: 'versions' }>,
  { from, to }: TimeRange,
  abort?: AbortSignal,
): Promise<ServiceVersion[]> {
  const filter = [within({ from: 0, to }), exists('service.version')];
  if (service !== undefined) filter.push(term('service.name', service));
  const sources = ['service.name', 'service.version'].map((field) => ({ [field]: { terms: { field } } }));
  const first = { first: { top_hits: { size: 1, sort: [{ '@timestamp': 'asc' }], _source: ['@timestamp'] } } };
  const found = await search.groups('traces', all(filter), sources, first, { abort });
  return found
    .map(({ key, first: top }: Aggregated) => ({
      service: key['service.name'] as string,
      version: key['service.version'] as string,
      first_seen: top.hits.hits[0]._source['@timestamp'] as string,
    }))
    .filter(({ first_seen }) => Date.parse(first_seen) >= from)
    .sort((a, b) => (a.first_seen < b.first_seen ? -1 : 1));
}
