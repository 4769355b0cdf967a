import { type DecodedSpan, httpStatusOf } from '../../otlp/index.ts';
import { bucketOf, SECONDS } from '../../otlp-http/explicit-buckets.ts';
import { resourceLabels } from './add-points.ts';
import { labelsOf } from './labels.ts';
import type { SeriesTable } from './series.ts';

/** Of every request that a service answered: `_count` counts them, `_bucket` holds their durations, with exemplars. */
export const REQUESTS = 'ringdown_request_duration_seconds';
const HELP = 'Requests answered (SERVER spans), by service, route, method and class of status.';
const SERVER = 2;

/** Whether a span is a request that a service answered. */
export function isRequest(span: DecodedSpan): boolean {
  return span.kind === SERVER;
}

/** @returns why it has no place, where it has none */
export function addRequest(table: SeriesTable, span: DecodedSpan, nowMs: number): string | undefined {
  const { attributes, resource } = span;
  const status = httpStatusOf(attributes);
  const labels = labelsOf(
    {
      'http.route': attributes['http.route'] ?? '',
      'http.request.method': attributes['http.request.method'] ?? '',
    },
    {
      service_name: 'unknown_service',
      deployment_environment_name: 'default',
      ...resourceLabels(resource, false),
      status_class: status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : '',
      synthetic: 'user_agent.synthetic.type' in attributes ? 'true' : 'false',
    },
  );
  const { series, refused } = table.find(REQUESTS, 'histogram', HELP, labels, SECONDS.length + 3);
  if (!series) return refused;
  const seconds = Number(span.endNs > span.startNs ? span.endNs - span.startNs : 0n) / 1e9;
  if (series.counts.length === 0) {
    series.bounds = [...SECONDS];
    series.counts = new Array<number>(SECONDS.length + 1).fill(0);
  }
  const bucket = bucketOf(series.bounds, seconds);
  series.counts[bucket]!++;
  series.value++;
  series.sum += seconds;
  series.updated_at = nowMs;
  series.exemplars[bucket] = {
    trace_id: span.traceId,
    span_id: span.spanId,
    value: seconds,
    time: Number(span.endNs / 1_000_000n) / 1e3,
  };
  return undefined;
}
