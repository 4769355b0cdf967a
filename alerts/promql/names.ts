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

/**
 * Name of a metric as OpenTelemetry's exporters give it to Prometheus, and Ringdown's scrape page does.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function familyName(name: string, unit: string, type: 'counter' | 'gauge' | 'histogram'): string {
  let family = cleaned(name, /[^a-zA-Z0-9_:]+/g);
  if (type === 'counter') family = family.replace(/_total$/, '');
  const word = unit === '1' && type === 'gauge' ? 'ratio' : Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return word !== undefined && !family.endsWith(`_${word}`) ? `${family}_${word}` : family;
}

export function labelName(key: string): string {
  const name = cleaned(key, /[^a-zA-Z0-9_]+/g);
  return name === 'le' || name === 'quantile' ? `exported_${name}` : name;
}

function cleaned(text: string, others: RegExp): string {
  const name = text.replace(others, '_').replace(/__+/g, '_');
  return /^[a-zA-Z_:]/.test(name) ? name : `_${name}`;
}

/** A string of PromQL, as Prometheus writes it back. */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}

/** For a regular expression (RE2) that Prometheus anchors by itself. */
export function literal(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const LENGTHS: readonly (readonly [unit: string, ms: number, whole: boolean])[] = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1_000, false],
  ['ms', 1, false],
];

/** A duration as Prometheus writes it back: `1h5m`; years and weeks only where nothing is left over. */
export function duration(ms: number): string {
  let rest = Math.max(1, Math.round(ms));
  let text = '';
  for (const [unit, size, whole] of LENGTHS) {
    if (rest < size || (whole && rest % size !== 0)) continue;
    text += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return text;
}
