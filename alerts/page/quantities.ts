import { inWords } from './words.ts';

/** Singular and plural of units as they are written in messages. */
const UNITS: Record<string, readonly [string, string]> = {
  µs: ['microsecond', 'microseconds'],
  ms: ['millisecond', 'milliseconds'],
  s: ['second', 'seconds'],
  min: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  d: ['day', 'days'],
  B: ['byte', 'bytes'],
  KB: ['kilobyte', 'kilobytes'],
  MB: ['megabyte', 'megabytes'],
  GB: ['gigabyte', 'gigabytes'],
  TB: ['terabyte', 'terabytes'],
  KiB: ['kibibyte', 'kibibytes'],
  MiB: ['mebibyte', 'mebibytes'],
  GiB: ['gibibyte', 'gibibytes'],
  TiB: ['tebibyte', 'tebibytes'],
};
const RATES: Record<string, string> = { s: 'per second', min: 'per minute', h: 'per hour', d: 'per day' };

const PERCENTILES: Record<string, string> = {
  p50: 'the median',
  p90: 'the ninetieth percentile',
  p95: 'the ninety-fifth percentile',
  p99: 'the ninety-ninth percentile',
};

const NUMBER = '(?<![\\w.,-])(-?\\d+(?:\\.\\d+)?)';
const QUANTITY = new RegExp(`${NUMBER}\\s?(%|${Object.keys(UNITS).join('|')})(?:/(s|min|h|d))?(?![\\w/])`, 'g');
const RATE = new RegExp(`${NUMBER}\\s?/\\s?(s|min|h|d)(?![\\w/])`, 'g');
const COMPARISONS: readonly [RegExp, string][] = [
  [/\s*(?:>=|≥)\s*/g, ' at least '],
  [/\s*(?:<=|≤)\s*/g, ' at most '],
  [/\s+>\s+/g, ' above '],
  [/\s+<\s+/g, ' below '],
];

/**
 * Numbers with their units as they are spoken: "p95 is 2.1 s" becomes "the ninety-fifth percentile is two point one seconds".
 * A number without a unit stays: voices read "500" well, and it may be a status.
 */
export function spokenQuantities(text: string): string {
  let said = text.replace(/\bp(50|90|95|99)\b/g, (name) => PERCENTILES[name]!);
  for (const [pattern, words] of COMPARISONS) said = said.replace(pattern, words);
  return said
    .replace(/(?<![\w.,-])(\d+(?:\.\d+)?)\s?×/g, (_, number: string) => `${numberInWords(number)} times`)
    .replace(/\(\+(?=\d)/g, '(up ')
    .replace(/(?<![\w.,)])\+(?=\d)/g, 'up ')
    .replace(QUANTITY, (_, number: string, unit: string, per?: string) => {
      const [one, many] = unit === '%' ? ['percent', 'percent'] : UNITS[unit]!;
      return `${numberInWords(number)} ${Number(number) === 1 ? one : many}${per ? ` ${RATES[per]}` : ''}`;
    })
    .replace(RATE, (_, number: string, per: string) => `${numberInWords(number)} ${RATES[per]}`);
}

/** "two point one"; whole numbers from a hundred on stay digits. */
function numberInWords(number: string): string {
  const [, minus, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number) ?? [];
  if (whole === undefined) return number;
  if (whole.length > 2) return number;
  const digits =
    fraction === undefined ? '' : ` point ${[...fraction].map((digit) => inWords(Number(digit))).join(' ')}`;
  return `${minus ? 'minus ' : ''}${inWords(Number(whole))}${digits}`;
}
