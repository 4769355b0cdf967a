import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBType,
  INTEGER,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';

export interface Table {
  name: string;
  columns: Readonly<Record<string, DuckDBType>>;
}

function table(name: string, columns: Record<string, DuckDBType>): Table {
  return { name, columns };
}

/**
 * The shape of one partition. What repeats is written once and named by a number: a span row points to its *shape*
 * (everything that many spans share, attributes included), a shape to its resource and to its group (what charts
 * group by). `batch` grows with every commit, so that rollups know what they have seen.
 */
export const SPANS = table('spans', {
  batch: BIGINT,
  trace_high: UBIGINT,
  trace_low: UBIGINT,
  span_id: UBIGINT,
  parent_id: UBIGINT,
  shape: UINTEGER,
  start_ns: BIGINT,
  duration_ns: BIGINT,
  attributes: VARCHAR,
  events: VARCHAR,
  status_message: VARCHAR,
});

export const SPAN_SHAPES = table('span_shapes', {
  id: UINTEGER,
  resource: UINTEGER,
  span_group: UINTEGER,
  kind: UTINYINT,
  name: VARCHAR,
  status: UTINYINT,
  http_status: USMALLINT,
  failed: BOOLEAN,
  attributes: VARCHAR,
});

export const SPAN_GROUPS = table('span_groups', {
  id: UINTEGER,
  service: VARCHAR,
  method: VARCHAR,
  route: VARCHAR,
  synthetic: BOOLEAN,
});

export const RESOURCES = table('resources', { id: UINTEGER, service: VARCHAR, version: VARCHAR, attributes: VARCHAR });

export const LOGS = table('logs', {
  batch: BIGINT,
  time_ns: BIGINT,
  severity: UTINYINT,
  shape: UINTEGER,
  trace_high: UBIGINT,
  trace_low: UBIGINT,
  span_id: UBIGINT,
  message: VARCHAR,
  exception_type: VARCHAR,
  exception_message: VARCHAR,
  exception_stacktrace: VARCHAR,
  attributes: VARCHAR,
});

export const LOG_SHAPES = table('log_shapes', { id: UINTEGER, resource: UINTEGER, attributes: VARCHAR });

export const SERIES = table('series', {
  id: UINTEGER,
  resource: UINTEGER,
  name: VARCHAR,
  unit: VARCHAR,
  type: VARCHAR,
  /** Each point says what was added since the last one; otherwise it is a running total or a reading. */
  delta: BOOLEAN,
  /** A running total: the difference of two points says what was added. */
  cumulative: BOOLEAN,
  /** Bucket bounds of an explicit histogram as a JSON array; null otherwise. */
  bounds: VARCHAR,
  /** Growth from bucket to bucket of an exponential histogram; null otherwise. */
  base: DOUBLE,
  attributes: VARCHAR,
});

export const POINTS = table('points', {
  batch: BIGINT,
  series: UINTEGER,
  time_ns: BIGINT,
  start_ns: BIGINT,
  count: DOUBLE,
  sum: DOUBLE,
  min: DOUBLE,
  max: DOUBLE,
  last: DOUBLE,
  zero_count: DOUBLE,
  bucket_offset: INTEGER,
  /** Counts as a JSON array, from bucket_offset on. */
  buckets: VARCHAR,
});

export const VERSIONS = table('versions', { service: VARCHAR, version: VARCHAR, first_ns: BIGINT });

const WRITTEN = [SPANS, SPAN_SHAPES, SPAN_GROUPS, RESOURCES, LOGS, LOG_SHAPES, SERIES, POINTS, VERSIONS];

/** Written by SQL alone; see rollup.ts. */
const ROLLUPS = `
CREATE TABLE span_rollup (minute INTEGER, span_group UINTEGER, bucket SMALLINT, count BIGINT, errors BIGINT, sum_ns DOUBLE);
CREATE TABLE point_rollup (minute INTEGER, series UINTEGER, count DOUBLE, sum DOUBLE, min DOUBLE, max DOUBLE, last DOUBLE, last_ns BIGINT);
CREATE TABLE bucket_rollup (minute INTEGER, series UINTEGER, bucket INTEGER, count DOUBLE);`;

/** One row. `high_water` is the spool position that the rows reach up to. */
const STATE = `
CREATE TABLE state (format INTEGER, batch BIGINT, high_water BIGINT, last_received BIGINT, first_ns BIGINT, last_ns BIGINT, rolled_up_to BIGINT);`;

export const FORMAT = 1;

export const DDL = [
  ...WRITTEN.map(
    ({ name, columns }) =>
      `CREATE TABLE ${name} (${Object.entries(columns)
        .map(([column, type]) => `"${column}" ${type.toString()}`)
        .join(', ')});`,
  ),
  ROLLUPS,
  STATE,
].join('\n');
