import { familyName } from '../../../core/prometheus-names.ts';
import type { DecodedPoint } from '../../otlp/index.ts';
import { boundsFor, explicitCounts } from '../../otlp-http/explicit-buckets.ts';
import type { Attributes } from '../../telemetry.ts';
import { labelsOf, labelValue } from './labels.ts';
import type { FamilyType, Series, SeriesTable } from './series.ts';

/**
 * Adds a data point: deltas are added up, running totals and levels are shown as they are (the newest by time).
 * @returns why it has no place, where it has none
 */
export function addPoint(table: SeriesTable, point: DecodedPoint, nowMs: number): string | undefined {
  const type = typeOf(point);
  const name = familyName(point.name, point.unit, type);
  const labels = labelsOf(point.attributes, resourceLabels(point.resource, true));
  if ((point.type === 'gauge' || point.type === 'sum') && point.value === null) {
    table.remove(name, labels);
    return undefined;
  }
  const isDelta = 'temporality' in point && point.temporality === 'delta';
  if (isDelta && !canBeAdded(point)) return 'what a counter is raised by must be a number, and not negative';
  const { series, refused } = table.find(name, type, point.description, labels, linesOf(point));
  if (!series) return refused;
  series.updated_at = nowMs;
  if (!isDelta && !isNewest(series, point.timeNs)) return undefined;
  switch (point.type) {
    case 'gauge':
    case 'sum':
      series.value = isDelta ? series.value + point.value! : point.value!;
      break;
    case 'histogram':
      addBuckets(series, isDelta, point.bounds, padded(point.bucketCounts, point.bounds.length + 1), point);
      break;
    case 'exponential_histogram': {
      const bounds = boundsFor(point.unit);
      addBuckets(series, isDelta, bounds, explicitCounts(point, bounds), point);
      break;
    }
    case 'summary':
      series.value = point.count;
      series.sum = point.sum;
      series.quantiles = point.quantiles;
  }
  return undefined;
}

/** One NaN would stay in the total for good, and a total that falls looks to Prometheus like a counter that began again. */
function canBeAdded(point: DecodedPoint): boolean {
  if (point.type === 'sum') return Number.isFinite(point.value) && (!point.monotonic || point.value! >= 0);
  return !('sum' in point) || point.sum === null || Number.isFinite(point.sum);
}

/** Labels that every series of a sender has; its instance only where several senders would overwrite each other. */
export function resourceLabels(resource: Attributes, withInstance: boolean): Record<string, string> {
  const { 'service.name': service, 'service.instance.id': instance } = resource;
  const environment = resource['deployment.environment.name'] ?? resource['deployment.environment'];
  return {
    ...(service === undefined || service === null ? {} : { service_name: labelValue(service) }),
    ...(environment === undefined || environment === null
      ? {}
      : { deployment_environment_name: labelValue(environment) }),
    ...(withInstance && instance !== undefined && instance !== null
      ? { service_instance_id: labelValue(instance) }
      : {}),
  };
}

function typeOf(point: DecodedPoint): FamilyType {
  switch (point.type) {
    case 'sum':
      return point.monotonic ? 'counter' : 'gauge';
    case 'exponential_histogram':
      return 'histogram';
    default:
      return point.type;
  }
}

/** Lines of the page: those of its buckets or quantiles, the open bucket, sum and count. */
function linesOf(point: DecodedPoint): number {
  switch (point.type) {
    case 'histogram':
      return point.bounds.length + 3;
    case 'exponential_histogram':
      return boundsFor(point.unit).length + 3;
    case 'summary':
      return point.quantiles.length + 2;
    default:
      return 1;
  }
}

function isNewest(series: Series, timeNs: bigint): boolean {
  if (timeNs < BigInt(series.time)) return false;
  series.time = timeNs.toString();
  return true;
}

/** Other bounds than before begin the series anew, which Prometheus takes for a restart of the counter. */
export function addBuckets(
  series: Series,
  isDelta: boolean,
  bounds: readonly number[],
  counts: readonly number[],
  { count, sum }: { count: number; sum: number | null },
): void {
  const goesOn = isDelta && sameNumbers(series.bounds, bounds) && series.counts.length === counts.length;
  if (!goesOn) {
    series.bounds = [...bounds];
    series.counts = [...counts];
    series.exemplars = [];
    series.value = count;
    series.sum = sum ?? 0;
    return;
  }
  counts.forEach((one, index) => {
    series.counts[index]! += one;
  });
  series.value += count;
  series.sum += sum ?? 0;
}

function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function padded(counts: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => counts[index] ?? 0);
}
