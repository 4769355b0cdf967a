import { parseDuration } from '../../core/units.ts';

/** What `$now` and the filter `date` write a time as, besides patterns. */
const FORMATS: Record<string, (at: Date) => string | number> = {
  /** RFC 3339, UTC, milliseconds. */
  iso: (at) => at.toISOString(),
  /** Whole seconds since 1970. */
  unix: (at) => Math.floor(at.getTime() / 1_000),
  /** Milliseconds since 1970. */
  unix_ms: (at) => Math.floor(at.getTime()),
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  http: (at) => at.toUTCString(),
};

const FIELDS: Record<string, (at: Date) => string> = {
  yyyy: (at) => String(at.getUTCFullYear()).padStart(4, '0'),
  MM: (at) => two(at.getUTCMonth() + 1),
  dd: (at) => two(at.getUTCDate()),
  HH: (at) => two(at.getUTCHours()),
  mm: (at) => two(at.getUTCMinutes()),
  ss: (at) => two(at.getUTCSeconds()),
  SSS: (at) => String(at.getUTCMilliseconds()).padStart(3, '0'),
};

/** A field, a quoted text, a letter that is none, anything else. `T` and `Z` stand for themselves. */
const PIECES = /yyyy|MM|dd|HH|mm|ss|SSS|'([^']*)'|([A-SU-Ya-z]+)|[^A-Za-z']+|[TZ]|'/g;

const LONGEST_OFFSET_MS = 100 * 366 * 86_400_000;
const WORDS = 'yyyy MM dd HH mm ss SSS, or one of iso, unix, unix_ms, http; a text in single quotes stands for itself';

/** `+1h30m` or `-7d` in milliseconds. */
export function parseOffset(text: string): { value: number } | { error: string } {
  const [, sign, length] = /^([+-])(.+)$/.exec(text) ?? [];
  const ms = length === undefined ? undefined : parseDuration(length);
  if (ms === undefined) return { error: `"${text}" is no offset such as +1h30m or -7d` };
  if (ms > LONGEST_OFFSET_MS) return { error: `"${text}" is more than 100 years away` };
  return { value: sign === '-' ? -ms : ms };
}

/** Why a text is no format; undefined when it is one. */
export function formatProblem(format: string): { message: string; hint: string } | undefined {
  if (Object.hasOwn(FORMATS, format)) return undefined;
  let fields = 0;
  for (const [piece, , letters] of format.matchAll(PIECES)) {
    if (letters !== undefined || piece === "'")
      return { message: `"${piece}" in the format "${format}" means nothing`, hint: WORDS };
    if (Object.hasOwn(FIELDS, piece)) fields++;
  }
  return fields > 0 ? undefined : { message: `the format "${format}" has no field`, hint: WORDS };
}

/** @param format one without a `formatProblem`; UTC */
export function formatTime(ms: number, format: string): string | number {
  const at = new Date(ms);
  if (Object.hasOwn(FORMATS, format)) return FORMATS[format]!(at);
  return format.replace(PIECES, (piece, quoted?: string) =>
    quoted !== undefined ? quoted : Object.hasOwn(FIELDS, piece) ? FIELDS[piece]!(at) : piece,
  );
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
