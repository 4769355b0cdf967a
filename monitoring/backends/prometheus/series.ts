import { rendered } from './labels.ts';

export interface Exemplar {
  trace_id: string;
  span_id: string;
  value: number;
  /** Unix seconds. */
  time: number;
}

/** One line, or one group of lines, of the scrape. Plain data: it is written to disk between two runs. */
export interface Series {
  labels: Record<string, string>;
  /** Unix milliseconds of the last change, for expiry. */
  updated_at: number;
  /** Of the newest point taken as it was, in nanoseconds, as text; older points change nothing. */
  time: string;
  /** Counter or gauge; count of a histogram or summary. */
  value: number;
  sum: number;
  bounds: number[];
  /** Per bucket, not running; one more than bounds. */
  counts: number[];
  exemplars: (Exemplar | null)[];
  quantiles: { quantile: number; value: number }[];
  /** What it counts for: lines of the page, which are what Prometheus calls series. */
  lines: number;
}

export function emptySeries(labels: Record<string, string>): Series {
  return {
    labels,
    updated_at: 0,
    time: '0',
    value: 0,
    sum: 0,
    bounds: [],
    counts: [],
    exemplars: [],
    quantiles: [],
    lines: 1,
  };
}

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary';

export interface Family {
  name: string;
  type: FamilyType;
  help: string;
  /** By their labels as they are rendered. */
  series: Map<string, Series>;
}

const OVERFLOW = { otel_metric_overflow: 'true' };

export type Found = { series: Series; refused?: undefined } | { refused: string; series?: undefined };

/** Everything that a scrape shows, bounded. */
export class SeriesTable {
  readonly families = new Map<string, Family>();
  readonly #most: number;
  #size = 0;
  /** Points that fell into the series kept for the rest of their metric. */
  overflowed = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The series with these labels, made where there is none. Past the bound new label sets of a metric share one series,
   * and new metrics are refused.
   * @param lines of the page that a new one takes
   */
  find(name: string, type: FamilyType, help: string, labels: Record<string, string>, lines = 1): Found {
    let family = this.families.get(name);
    if (family && family.type !== type) return { refused: `"${name}" is a ${family.type} already, not a ${type}` };
    if (!family) {
      if (this.#size >= this.#most) return { refused: `more than ${this.#most} series (max_series)` };
      family = { name, type, help, series: new Map() };
      this.families.set(name, family);
    }
    const key = rendered(labels);
    const known = family.series.get(key);
    if (known) return { series: known };
    if (this.#size < this.#most) return { series: this.#add(family, key, labels, lines) };
    this.overflowed++;
    const rest = rendered(OVERFLOW);
    return { series: family.series.get(rest) ?? this.#add(family, rest, OVERFLOW, lines) };
  }

  #add(family: Family, key: string, labels: Record<string, string>, lines: number): Series {
    const series = { ...emptySeries(labels), lines };
    family.series.set(key, series);
    this.#size += lines;
    return series;
  }

  remove(name: string, labels: Record<string, string>): void {
    const family = this.families.get(name);
    const series = family?.series.get(rendered(labels));
    if (family && series) this.#forget(family, rendered(labels), series);
  }

  #forget(family: Family, key: string, series: Series): void {
    family.series.delete(key);
    this.#size -= series.lines;
  }

  /** Forgets what nothing was said of since `before`. @param before Unix milliseconds */
  expire(before: number): void {
    for (const family of this.families.values()) {
      for (const [key, series] of family.series) {
        if (series.updated_at >= before) continue;
        this.#forget(family, key, series);
      }
      if (family.series.size === 0) this.families.delete(family.name);
    }
  }

  /** Takes back what `families` held when it was written down. */
  restore(families: Iterable<Omit<Family, 'series'> & { series: Series[] }>): void {
    for (const { name, type, help, series } of families) {
      this.families.set(name, { name, type, help, series: new Map(series.map((one) => [rendered(one.labels), one])) });
      for (const { lines } of series) this.#size += lines;
    }
  }
}
