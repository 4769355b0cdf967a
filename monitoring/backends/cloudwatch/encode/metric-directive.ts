import type { Attributes } from '../../../telemetry.ts';
import type { Origin } from './values.ts';
import { text } from './values.ts';

/** What EMF says about a document: which of its members are metrics, and by which others they can be looked up. */
export interface Directive {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit: string }[];
}

const MOST_DIMENSION_CHARACTERS = 1_024;

export interface DimensionOptions {
  namespace: string;
  dimensions: readonly string[];
  maxMetrics: number;
}

/**
 * Decides by what a metric can be looked up. Every combination of name and dimension values is a metric of its own that is
 * paid for by the month, so their number is bounded: past it a metric keeps its totals, and past those it stays a field of
 * its event, which Logs Insights can still count.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class DimensionGuard {
  readonly #options: DimensionOptions;
  readonly #known = new Set<string>();

  constructor(options: DimensionOptions) {
    this.#options = options;
  }

  /** The attributes that are dimensions, as root members of the document. */
  members(attributes: Attributes): Record<string, string> {
    const members: Record<string, string> = {};
    for (const name of this.#options.dimensions) {
      const value = printable(text(attributes[name]));
      if (value !== '') members[name] = value;
    }
    return members;
  }

  /**
   * @returns directives for the metrics of one document; a metric for which there is no room is in none, and none of a
   *   service whose name cannot be a dimension as it stands
   */
  directives(
    metrics: readonly { Name: string; Unit: string }[],
    origin: Origin,
    members: Record<string, string>,
  ): Directive[] {
    if (printable(origin.service) !== origin.service || printable(origin.environment) !== origin.environment) return [];
    const own = Object.keys(members);
    const base = [[], ['service', 'environment']];
    const sets = own.length > 0 ? [...base, ['service', 'environment', ...own]] : base;
    const place = `${origin.service}\0${origin.environment}`;
    const full: Directive['Metrics'] = [];
    const totals: Directive['Metrics'] = [];
    for (const metric of metrics) {
      if (!this.#admit([metric.Name, `${metric.Name}\0${place}`])) continue;
      const isOwn = own.length === 0 || this.#admit([`${metric.Name}\0${place}\0${Object.values(members).join('\0')}`]);
      (isOwn ? full : totals).push(metric);
    }
    const directive = (Dimensions: string[][], Metrics: Directive['Metrics']): Directive[] =>
      Metrics.length === 0 ? [] : [{ Namespace: this.#options.namespace, Dimensions, Metrics }];
    return [...directive(sets, full), ...directive(base, totals)];
  }

  #admit(keys: string[]): boolean {
    const fresh = keys.filter((key) => !this.#known.has(key));
    if (this.#known.size + fresh.length > this.#options.maxMetrics) return false;
    for (const key of fresh) this.#known.add(key);
    return true;
  }
}

/** Dimension values are ASCII with at least one character that is not blank. */
export function printable(value: string): string {
  return value
    .replace(/[^\x20-\x7e]/g, '_')
    .trim()
    .slice(0, MOST_DIMENSION_CHARACTERS);
}

const UNITS: Record<string, string> = {
  s: 'Seconds',
  ms: 'Milliseconds',
  us: 'Microseconds',
  By: 'Bytes',
  kBy: 'Kilobytes',
  KBy: 'Kilobytes',
  MBy: 'Megabytes',
  GBy: 'Gigabytes',
  TBy: 'Terabytes',
  bit: 'Bits',
  '%': 'Percent',
  'By/s': 'Bytes/Second',
};

/** UCUM to what CloudWatch knows (MetricDatum, Unit). */
export function unitOf(unit: string, isCounter: boolean): string {
  if (Object.hasOwn(UNITS, unit)) return UNITS[unit]!;
  return /^\{.*\}$/.test(unit) || (isCounter && (unit === '' || unit === '1')) ? 'Count' : 'None';
}
