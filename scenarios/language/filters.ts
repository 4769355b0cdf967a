import { createHash, createHmac } from 'node:crypto';
import { formatProblem, formatTime } from './time-format.ts';

export type Filtered = { value: unknown } | { error: string };

interface Filter {
  arity: readonly [number, number];
  /** How many arguments from the left may be names and secrets; the others are written out. */
  references: number;
  /** What is wrong with the arguments as written; names and secrets are undefined. */
  check?(args: readonly unknown[]): { message: string; hint?: string } | undefined;
  apply(value: unknown, args: readonly unknown[]): Filtered;
}

const onText = (change: (text: string) => string): Filter => ({
  arity: [0, 0],
  references: 0,
  apply(value) {
    const text = asText(value);
    return 'error' in text ? text : { value: change(text.value) };
  },
});

const ENCODINGS = ['hex', 'base64', 'base64url'] as const;
type Encoding = (typeof ENCODINGS)[number];

const checkEncoding = (encoding: unknown) =>
  encoding === undefined || ENCODINGS.includes(encoding as Encoding)
    ? undefined
    : { message: `${JSON.stringify(encoding)} is no encoding`, hint: `known: ${ENCODINGS.join(', ')}` };

const FILTERS: Record<string, Filter> = {
  string: onText((text) => text),
  number: {
    arity: [0, 0],
    references: 0,
    apply(value) {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isFinite(number)
        ? { value: number }
        : { error: `${JSON.stringify(value)} is not a number` };
    },
  },
  json: { arity: [0, 0], references: 0, apply: (value) => ({ value: JSON.stringify(value ?? null) }) },
  url: onText((text) => encodeURIComponent(text.toWellFormed())),
  base64: onText((text) => Buffer.from(text).toString('base64')),
  /** Without padding (RFC 4648 §5). */
  base64url: onText((text) => Buffer.from(text).toString('base64url')),
  lower: onText((text) => text.toLowerCase()),
  upper: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  /** `{{ nickname | default("none") }}`: for a name that is not defined, or null. */
  default: { arity: [1, 1], references: 1, apply: (value, [fallback]) => ({ value: value ?? fallback }) },
  /** Hexadecimal digits, or as `sha256("base64")`. */
  sha256: {
    arity: [0, 1],
    references: 0,
    check: ([encoding]) => checkEncoding(encoding),
    apply(value, [encoding]) {
      const text = asText(value);
      return 'error' in text
        ? text
        : {
            value: createHash('sha256')
              .update(text.value)
              .digest((encoding as Encoding) ?? 'hex'),
          };
    },
  },
  /** RFC 2104: `{{ body | hmac_sha256(secrets.KEY) }}`, hexadecimal digits, or as `hmac_sha256(secrets.KEY, "base64")`. */
  hmac_sha256: {
    arity: [1, 2],
    references: 1,
    check: ([, encoding]) => checkEncoding(encoding),
    apply(value, [key, encoding]) {
      const text = asText(value);
      if ('error' in text) return text;
      const secret = asText(key);
      if ('error' in secret) return { error: `cannot be signed: the key ${secret.error}` };
      return {
        value: createHmac('sha256', secret.value)
          .update(text.value)
          .digest((encoding as Encoding) ?? 'hex'),
      };
    },
  },
  /** A time in another format, UTC: `{{ created_at | date("yyyy-MM-dd") }}`. Takes RFC 3339 texts and milliseconds. */
  date: {
    arity: [1, 1],
    references: 0,
    check: ([format]) => formatProblem(String(format)),
    apply(value, [format]) {
      const at = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
      return Number.isNaN(new Date(at).getTime())
        ? { error: `${JSON.stringify(value)} is not a time` }
        : { value: formatTime(at, String(format)) };
    },
  },
};

export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

export function filter(name: string): Filter | undefined {
  return Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
}

/** How a value reads inside a text. Objects and lists become JSON; nothing has no text. */
export function asText(value: unknown): { value: string } | { error: string } {
  if (typeof value === 'string') return { value };
  if (value === null || value === undefined) return { error: 'is null, which cannot be part of a text' };
  return { value: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}
