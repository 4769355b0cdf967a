import type { Attributes, AttributeValue } from '../../telemetry.ts';

/** UCUM units as Prometheus writes them in names; others are left out of the name. */
const UNITS: Record<string, string> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  min: 'minutes',
  h: 'hours',
  d: 'days',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};
export const UNIT_WORDS: readonly string[] = [...Object.values(UNITS), 'ratio'];
const LONGEST_VALUE = 1_000;
/** Labels that buckets and quantiles bear. A second one of the name makes Prometheus refuse the whole page. */
const OWN_LABELS = new Set(['le', 'quantile']);

/**
 * Name of the metric family, without the endings of its samples (`_total`, `_bucket`): other characters than letters,
 * digits, `_` and `:` become `_`, and the unit stands at the end.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function familyName(name: string, unit: string, type: 'counter' | 'gauge' | 'histogram' | 'summary'): string {
  let family = cleaned(name, /[^a-zA-Z0-9_:]+/g);
  if (type === 'counter') family = family.replace(/_total$/, '');
  const word = unit === '1' && type === 'gauge' ? 'ratio' : Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (word !== undefined && !family.endsWith(`_${word}`)) family += `_${word}`;
  return family;
}

export function labelName(key: string): string {
  const name = cleaned(key, /[^a-zA-Z0-9_]+/g);
  return OWN_LABELS.has(name) ? `exported_${name}` : name;
}

function cleaned(text: string, others: RegExp): string {
  const name = text.replace(others, '_').replace(/__+/g, '_');
  return /^[a-zA-Z_:]/.test(name) ? name : `_${name}`;
}

/** Attributes as labels, in the order of their names; two that come to the same name share it, their values joined. */
export function labelsOf(attributes: Attributes, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const labels = new Map<string, string>();
  for (const key of Object.keys(attributes).sort()) {
    const name = labelName(key);
    const value = labelValue(attributes[key]!);
    if (value === '') continue;
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const [name, value] of Object.entries(more)) if (value !== '') labels.set(name, value);
  return Object.fromEntries([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function labelValue(value: AttributeValue): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** `{a="b"}`, or nothing where there are no labels. */
export function rendered(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** As label values are written in the exposition formats and in PromQL. */
export function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
