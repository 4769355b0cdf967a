import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { SCOPE_NAME, VERSION } from '../version.ts';
import type { Connection } from './connection.ts';
import type { Route } from './routes.ts';

/** Seconds: the boundaries that the semantic conventions recommend for `http.server.request.duration`. */
export const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** With more outcomes of one route than this, further errors go by their status: error names need not be few. */
const MAX_SERIES_PER_ROUTE = 64;
const OTHER_ERROR = '_OTHER';

/** Requests of one route with one outcome. */
export interface Series {
  status: number | undefined;
  errorType: string | undefined;
  scheme: string;
  protocolVersion: string;
  synthetic: boolean;
  attributes: Attributes;
  tags: Record<string, string>;
  /** Requests in each bucket, the last one above all boundaries. */
  buckets: number[];
  count: number;
  sumSeconds: number;
  minSeconds: number;
  maxSeconds: number;
  /** `count` when StatsD was last told. */
  reported: number;
}

/** Counts every request in memory; hands the totals to the metric reader when it collects. */
export class RequestMetrics implements MetricProducer {
  readonly #resource: Resource;
  readonly #temporality: AggregationTemporality;
  readonly #startTime = hrTimeOf(Date.now());
  #lastTime = this.#startTime;
  readonly all: Series[] = [];

  constructor(resource: Resource, temporality: AggregationTemporality) {
    this.#resource = resource;
    this.#temporality = temporality;
  }

  record(
    route: Route,
    connection: Connection,
    status: number | undefined,
    errorType: string | undefined,
    seconds: number,
  ): Series {
    const series = this.#find(route, connection, status, errorType);
    let bucket = 0;
    while (bucket < BOUNDARIES.length && seconds > BOUNDARIES[bucket]!) bucket++;
    series.buckets[bucket]!++;
    series.count++;
    series.sumSeconds += seconds;
    if (seconds < series.minSeconds) series.minSeconds = seconds;
    if (seconds > series.maxSeconds) series.maxSeconds = seconds;
    return series;
  }

  async collect(): Promise<CollectionResult> {
    const now = hrTimeOf(Date.now());
    const delta = this.#temporality === AggregationTemporality.DELTA;
    const duration: HistogramMetricData = {
      descriptor: {
        name: 'http.server.request.duration',
        description: 'Duration of HTTP server requests.',
        unit: 's',
        valueType: ValueType.DOUBLE,
      },
      aggregationTemporality: this.#temporality,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: this.all
        .filter((series) => series.count > 0)
        .map((series) => ({
          startTime: delta ? this.#lastTime : this.#startTime,
          endTime: now,
          attributes: series.attributes,
          value: {
            buckets: { boundaries: BOUNDARIES, counts: [...series.buckets] },
            count: series.count,
            sum: series.sumSeconds,
            min: series.minSeconds,
            max: series.maxSeconds,
          },
        })),
    };
    this.#lastTime = now;
    if (delta) for (const series of this.all) reset(series);
    const scope = { name: SCOPE_NAME, version: VERSION };
    return {
      resourceMetrics: { resource: this.#resource, scopeMetrics: [{ scope, metrics: [duration] }] },
      errors: [],
    };
  }

  #find(route: Route, connection: Connection, status: number | undefined, errorType: string | undefined): Series {
    const { series } = route;
    for (let index = 0; index < series.length; index++) {
      const known = series[index]!;
      if (
        known.status === status &&
        known.errorType === errorType &&
        known.synthetic === connection.synthetic &&
        known.scheme === connection.scheme &&
        known.protocolVersion === connection.protocolVersion
      ) {
        return known;
      }
    }
    if (series.length >= MAX_SERIES_PER_ROUTE && errorType !== undefined && errorType !== OTHER_ERROR) {
      return this.#find(route, connection, status, OTHER_ERROR);
    }
    const created = newSeries(route, connection, status, errorType);
    series.push(created);
    this.all.push(created);
    return created;
  }
}

function newSeries(
  route: Route,
  connection: Connection,
  status: number | undefined,
  errorType: string | undefined,
): Series {
  const { scheme, protocolVersion, synthetic } = connection;
  const attributes: Attributes = {
    'http.request.method': route.method,
    'url.scheme': scheme,
    'network.protocol.version': protocolVersion,
  };
  const tags: Record<string, string> = { method: route.method, route: route.template ?? 'none' };
  if (route.template !== undefined) attributes['http.route'] = route.template;
  if (status !== undefined) attributes['http.response.status_code'] = status;
  tags.status = status === undefined ? 'none' : String(status);
  if (errorType !== undefined) attributes['error.type'] = errorType;
  if (synthetic) {
    attributes['user_agent.synthetic.type'] = 'test';
    tags.synthetic = 'true';
  }
  const series: Series = {
    status,
    errorType,
    scheme,
    protocolVersion,
    synthetic,
    attributes,
    tags,
    buckets: [],
    count: 0,
    sumSeconds: 0,
    minSeconds: Number.POSITIVE_INFINITY,
    maxSeconds: 0,
    reported: 0,
  };
  reset(series);
  return series;
}

function reset(series: Series): void {
  series.buckets = new Array(BOUNDARIES.length + 1).fill(0);
  // What StatsD has not been told yet stays owed to it.
  series.reported -= series.count;
  series.count = 0;
  series.sumSeconds = 0;
  series.minSeconds = Number.POSITIVE_INFINITY;
  series.maxSeconds = 0;
}

function hrTimeOf(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1000);
  return [seconds, (unixMs - seconds * 1000) * 1e6];
}
