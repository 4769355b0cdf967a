import type { RequestStatus } from '../../../reader.ts';
import { PROMOTED_OF_SPANS } from '../encode/spans.ts';
import { type Aggregated, exists, type Query } from './search.ts';

const OF_RESOURCE: Readonly<Record<string, string>> = {
  'service.name': 'service.name',
  'service.version': 'service.version',
  'deployment.environment.name': 'service.environment',
};
const PROMOTED = new Map(PROMOTED_OF_SPANS.map(({ attribute, field }) => [attribute, field]));

/** The field in which a span attribute is found. */
export function spanField(attribute: string): string {
  return PROMOTED.get(attribute) ?? OF_RESOURCE[attribute] ?? `attributes.${attribute}`;
}

/** The fields in which a metric's label may be found, the first that is there counts: its own attributes, then its resource's. */
export function labelFields(name: string): string[] {
  return [`attributes.${name}`, OF_RESOURCE[name] ?? `resource.${name}`];
}

/** Sources of a composite that tell these labels apart, wherever each is found. */
export function labelSources(names: readonly string[], fieldsOf = labelFields): Query[] {
  return names.flatMap((name, index) =>
    fieldsOf(name).map((field, place) => ({ [`label${index}_${place}`]: { terms: { field, missing_bucket: true } } })),
  );
}

/** The value of the label with this number, from the key of a composite's bucket. The own attribute counts before the resource's. */
export function labelOf(key: Aggregated, index: number): string | null {
  const value = key[`label${index}_0`] ?? key[`label${index}_1`] ?? null;
  return value === null ? null : String(value);
}

/** SERVER spans, which are the requests that were served. */
export const SERVED: Query = { term: { 'span.kind': 'server' } };

export const FAILED: Query = { range: { 'http.response.status_code': { gte: 500 } } };

export function ofStatus(status: RequestStatus | undefined): Query[] {
  if (status === undefined) return [];
  if (status === 'error') return [FAILED];
  if (status === 'ok') return [{ bool: { must_not: [FAILED] } }];
  if (typeof status === 'number') return [{ term: { 'http.response.status_code': status } }];
  const first = Number(status[0]) * 100;
  return [{ range: { 'http.response.status_code': { gte: first, lt: first + 100 } } }];
}

const SYNTHETIC = exists('user_agent.synthetic.type');

/** `true` keeps requests of scenarios only, `false` leaves them out. */
export function ofScenarios(synthetic: boolean | undefined): Query[] {
  if (synthetic === undefined) return [];
  return [synthetic ? SYNTHETIC : { bool: { must_not: [SYNTHETIC] } }];
}
