import { VARCHAR } from '@duckdb/node-api';
import { explicitSlice, type Slice } from '../../../charts/slice.ts';
import type { Attributes } from '../../../telemetry.ts';
import { exponentialSlice, ZERO_BUCKET } from '../histogram.ts';
import type { Query } from '../partition.ts';
import { fromJson, text } from '../values.ts';

/** A metric's series as one partition knows it. */
export interface Series {
  id: number;
  unit: string;
  type: string;
  cumulative: boolean;
  bounds: number[] | null;
  base: number | null;
  /** The same in every partition. */
  identity: string;
  /** Its own attributes, then its resource's, as labels. */
  label(name: string): string | undefined;
}

export async function findSeries(
  query: Query,
  name: string,
  attributes: Readonly<Record<string, string>> | undefined,
): Promise<Map<number, Series>> {
  const rows = await query(
    `SELECT series.*, resources.attributes AS resource FROM series JOIN resources ON resources.id = series.resource WHERE name = $1`,
    [{ value: name, type: VARCHAR }],
  );
  const found = new Map<number, Series>();
  for (const row of rows) {
    const own = fromJson<Attributes>(row.attributes as string)!;
    const resource = fromJson<Attributes>(row.resource as string)!;
    const label = (key: string) => {
      const value = Object.hasOwn(own, key) ? own[key] : Object.hasOwn(resource, key) ? resource[key] : undefined;
      return value === undefined ? undefined : text(value);
    };
    if (Object.entries(attributes ?? {}).some(([key, value]) => label(key) !== value)) continue;
    found.set(row.id as number, {
      id: row.id as number,
      unit: row.unit as string,
      type: row.type as string,
      cumulative: row.cumulative as boolean,
      bounds: fromJson<number[]>(row.bounds as string | null) ?? null,
      base: row.base as number | null,
      identity: JSON.stringify([row.resource, row.attributes, row.type, row.bounds, row.base, row.unit]),
      label,
    });
  }
  return found;
}

/** Where a series' bucket lies, with what it holds. */
export function sliceOf(series: Series, bucket: number, count: number): Slice {
  if (series.bounds && bucket !== ZERO_BUCKET) return explicitSlice(series.bounds, bucket, count);
  return exponentialSlice(series.base ?? 2, bucket, count);
}
