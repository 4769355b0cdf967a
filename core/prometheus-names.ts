/** UCUM units as Prometheus writes them in names; others are left out of the name. */
const UNITS: Readonly<Record<string, string>> = {
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
/** What a name may end in because of its unit. */
export const UNIT_WORDS: readonly string[] = [...Object.values(UNITS), 'ratio'];
/** Labels that buckets and quantiles bear. A second one of the name makes Prometheus refuse the whole page. */
const OWN_LABELS = new Set(['le', 'quantile']);

/**
 * Name of the metric family, without the endings of its samples (`_total`, `_bucket`): other characters than letters,
 * digits, `_` and `:` become `_`, and the unit stands at the end. One place, because what is scraped under a name is
 * asked for by rules that are compiled elsewhere.
 * @param unit UCUM, as OpenTelemetry writes it
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function familyName(name: string, unit: string, type: 'counter' | 'gauge' | 'histogram' | 'summary'): string {
  let family = cleaned(name, /[^a-zA-Z0-9_:]+/g);
  if (type === 'counter') family = family.replace(/_total$/, '');
  const word = unit === '1' && type === 'gauge' ? 'ratio' : Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (word !== undefined && !family.endsWith(`_${word}`)) family += `_${word}`;
  return family;
}

/** Name of the label that an attribute becomes. */
export function labelName(key: string): string {
  const name = cleaned(key, /[^a-zA-Z0-9_]+/g);
  return OWN_LABELS.has(name) ? `exported_${name}` : name;
}

/** As label values are written between quotes in the exposition formats and in PromQL. */
export function escapedValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function cleaned(text: string, others: RegExp): string {
  const name = text.replace(others, '_').replace(/__+/g, '_');
  return /^[a-zA-Z_:]/.test(name) ? name : `_${name}`;
}
