import { Type } from 'typebox';
import { formatDuration, parseDuration, parseSize } from '../../core/units.ts';
import { closed } from './schema-words.ts';

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte';

/** What a value is held against, as it is written under `is:`. */
export type WrittenLimit = Partial<Record<Comparison, number | string>>;

/** A limit with its unit: milliseconds, bytes, a share (5% is 0.05), or null for a bare number, which is in the value's own unit. */
export interface Limit {
  operator: Comparison;
  value: number;
  unit: 'ms' | 'By' | 'share' | null;
  /** As it stands in the file. */
  written: string;
}

type Kind = 'number' | 'duration' | 'size' | 'percent';

// So many digits at most: more would be no number any more.
const PATTERNS: Record<Exclude<Kind, 'number'>, string> = {
  duration: '(\\d{1,15}(\\.\\d{1,9})?(ms|s|m|h|d|w)){1,6}',
  size: '\\d{1,15}(\\.\\d{1,9})?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)',
  percent: '-?\\d{1,15}(\\.\\d{1,9})?%',
};
const WORDS: Record<Kind, string> = {
  number: 'a number',
  duration: 'a duration such as 500ms',
  size: 'a size such as 10MB',
  percent: 'a percentage such as 5%',
};
const OPERATORS: Record<Comparison, string> = {
  gt: 'More than.',
  gte: 'At least.',
  lt: 'Less than.',
  lte: 'At most.',
};

/**
 * Schema of `is: { gt: 500ms }`: one comparison.
 * @param kinds what may be written; the examples must be of them
 */
export function limitSchema(
  kinds: readonly Kind[],
  examples: Record<Comparison, number | string>,
  description: string,
) {
  const patterns = kinds.flatMap((kind) => (kind === 'number' ? [] : [PATTERNS[kind]]));
  const types = [...(kinds.includes('number') ? ['number'] : []), ...(patterns.length > 0 ? ['string'] : [])];
  const words = kinds.map((kind) => WORDS[kind]);
  const expected = words.length < 2 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  const side = (operator: Comparison) =>
    Type.Optional(
      Type.Unsafe<number | string>({
        type: types,
        ...(patterns.length > 0 ? { pattern: `^(${patterns.join('|')})$` } : {}),
        'x-expected': expected,
        description: OPERATORS[operator],
        examples: [examples[operator]],
      }),
    );
  return Type.Object(
    { gt: side('gt'), gte: side('gte'), lt: side('lt'), lte: side('lte') },
    { ...closed, minProperties: 1, maxProperties: 1, description, examples: [{ gt: examples.gt }] },
  );
}

/** Only of what the schema let pass. */
export function compileLimit(written: WrittenLimit): Limit {
  const [operator, value] = Object.entries(written)[0] as [Comparison, number | string];
  if (typeof value === 'number') return { operator, value, unit: null, written: String(value) };
  if (value.endsWith('%')) {
    return { operator, value: Number(value.slice(0, -1)) / 100, unit: 'share', written: value };
  }
  const ms = parseDuration(value);
  if (ms !== undefined) return { operator, value: ms, unit: 'ms', written: formatDuration(ms) };
  return { operator, value: parseSize(value)!, unit: 'By', written: value };
}

export function holds(operator: Comparison, value: number, limit: number): boolean {
  if (operator === 'gt') return value > limit;
  if (operator === 'gte') return value >= limit;
  return operator === 'lt' ? value < limit : value <= limit;
}

/** UCUM units of time and of size, in milliseconds and bytes. */
const TIME: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1e3,
  min: 6e4,
  h: 3.6e6,
  d: 8.64e7,
  wk: 6.048e8,
};
const SIZE: Readonly<Record<string, number>> = {
  By: 1,
  kBy: 1e3,
  KBy: 1e3,
  MBy: 1e6,
  GBy: 1e9,
  TBy: 1e12,
  KiBy: 2 ** 10,
  MiBy: 2 ** 20,
  GiBy: 2 ** 30,
  TiBy: 2 ** 40,
};

const factorIn = (table: Readonly<Record<string, number>>, unit: string | null): number | undefined =>
  unit !== null && Object.hasOwn(table, unit) ? table[unit] : undefined;

/**
 * The limit in the unit of the values; null where the two cannot be compared, such as 500 ms with bytes or with values
 * whose unit nobody told.
 * @param unit UCUM, null where unknown
 */
export function limitIn(limit: Limit, unit: string | null): number | null {
  if (limit.unit === null) return limit.value;
  if (limit.unit === 'ms') {
    const factor = factorIn(TIME, unit);
    return factor === undefined ? null : limit.value / factor;
  }
  if (limit.unit === 'By') {
    const factor = factorIn(SIZE, unit);
    return factor === undefined ? null : limit.value / factor;
  }
  if (unit === '%') return limit.value * 100;
  return unit === null || unit === '1' || unit.startsWith('{') ? limit.value : null;
}

/** A value as people read it: `2.1 s`, `12.5 MB`, `5%`, `1,234`. */
export function showValue(value: number, unit: string | null): string {
  // What is beyond every unit is shown as the number it is.
  if (Math.abs(value) >= 1e18) return value.toExponential(2);
  const time = factorIn(TIME, unit);
  if (time !== undefined) return value < 0 ? `-${formatDuration(-value * time)}` : formatDuration(value * time);
  const size = factorIn(SIZE, unit);
  if (size !== undefined) return showSize(value * size);
  if (unit === 'share') return `${rounded(value * 100)}%`;
  if (unit === '%') return `${rounded(value)}%`;
  return rounded(value);
}

/** In the words of a page: `more than 500 ms`. */
export function showLimit(limit: Limit, unit: string | null): string {
  const words = { gt: 'more than', gte: 'at least', lt: 'less than', lte: 'at most' }[limit.operator];
  return `${words} ${limit.unit === null ? showValue(limit.value, unit) : limit.written}`;
}

function showSize(bytes: number): string {
  const size = Math.abs(bytes);
  const [factor, unit] = (
    [
      [1e12, 'TB'],
      [1e9, 'GB'],
      [1e6, 'MB'],
      [1e3, 'KB'],
    ] as const
  ).find(([f]) => size >= f) ?? [1, 'B'];
  return `${rounded(bytes / factor)} ${unit}`;
}

/** Three significant digits below a thousand, whole above: more is noise in a page. */
function rounded(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(2);
  const shown = size >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
  return String(shown).replace(/^(-?\d+)(?=$|\.)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
}
