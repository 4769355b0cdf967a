import type { MetricAggregate } from '../rules/signal.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** What a target has to know of a metric and a policy does not say. */
export interface MetricKind {
  type: MetricType;
  /** UCUM. */
  unit: string;
}

/** By OpenTelemetry's name. */
export type MetricCatalog = ReadonlyMap<string, MetricKind>;

const histogram = (unit: string): MetricKind => ({ type: 'histogram', unit });
const gauge = (unit: string): MetricKind => ({ type: 'gauge', unit });
const counter = (unit: string): MetricKind => ({ type: 'counter', unit });

/**
 * Metrics whose type and unit OpenTelemetry's semantic conventions fix.
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 */
const CONVENTIONAL: MetricCatalog = new Map<string, MetricKind>([
  ['http.server.request.duration', histogram('s')],
  ['http.server.active_requests', gauge('{request}')],
  ['http.server.request.body.size', histogram('By')],
  ['http.server.response.body.size', histogram('By')],
  ['http.client.request.duration', histogram('s')],
  ['http.client.request.body.size', histogram('By')],
  ['http.client.response.body.size', histogram('By')],
  ['http.client.open_connections', gauge('{connection}')],
  ['rpc.server.call.duration', histogram('s')],
  ['rpc.client.call.duration', histogram('s')],
  ['db.client.operation.duration', histogram('s')],
  ['db.client.connection.count', gauge('{connection}')],
  ['db.client.connection.pending_requests', gauge('{request}')],
  ['db.client.connection.timeouts', counter('{timeout}')],
  ['db.client.connection.wait_time', histogram('s')],
  ['messaging.client.operation.duration', histogram('s')],
  ['messaging.process.duration', histogram('s')],
  ['messaging.client.sent.messages', counter('{message}')],
  ['messaging.client.consumed.messages', counter('{message}')],
  ['process.cpu.time', counter('s')],
  ['process.cpu.utilization', gauge('1')],
  ['process.memory.usage', gauge('By')],
  ['process.memory.virtual', gauge('By')],
  ['process.open_file_descriptor.count', gauge('{file_descriptor}')],
  ['process.thread.count', gauge('{thread}')],
  ['system.cpu.time', counter('s')],
  ['system.cpu.utilization', gauge('1')],
  ['system.memory.usage', gauge('By')],
  ['system.memory.utilization', gauge('1')],
  ['system.filesystem.usage', gauge('By')],
  ['system.filesystem.utilization', gauge('1')],
  ['system.network.io', counter('By')],
  ['system.network.errors', counter('{error}')],
  ['nodejs.eventloop.delay.mean', gauge('s')],
  ['nodejs.eventloop.delay.max', gauge('s')],
  ['nodejs.eventloop.delay.p99', gauge('s')],
  ['nodejs.eventloop.utilization', gauge('1')],
  ['v8js.memory.heap.used', gauge('By')],
  ['v8js.gc.duration', histogram('s')],
  ['jvm.memory.used', gauge('By')],
  ['jvm.thread.count', gauge('{thread}')],
  ['jvm.gc.duration', histogram('s')],
]);

const COUNTED: readonly MetricAggregate[] = ['sum', 'rate', 'count'];
const LEVELS: readonly MetricAggregate[] = ['avg', 'min', 'max'];

/**
 * Type and unit of a metric. One that nobody told of is taken for what its aggregate makes sense of: percentiles are of
 * histograms, sums and rates of counters, averages and extremes of levels.
 * @param unit of the limit: a duration is taken to be in seconds, a size in bytes
 */
export function metricKind(
  catalog: MetricCatalog,
  name: string,
  aggregate: MetricAggregate,
  unit: 'ms' | 'By' | 'share' | null,
): MetricKind & { guessed: boolean } {
  const known = catalog.get(name) ?? CONVENTIONAL.get(name);
  if (known) return { ...known, guessed: false };
  const type = COUNTED.includes(aggregate) ? 'counter' : LEVELS.includes(aggregate) ? 'gauge' : 'histogram';
  return { type, unit: unit === 'ms' ? 's' : unit === 'By' ? 'By' : unit === 'share' ? '1' : '', guessed: true };
}
