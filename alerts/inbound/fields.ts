/** How the documents of strangers are read: nothing is taken for granted, and nothing throws. */

/** The own property at a path; undefined where there is none. An index is a segment like any other. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string | number, unknown>)[key];
  }
  return found;
}

/** A text, number or truth value as text without surrounding blanks; null for anything else, and for what is blank. */
export function text(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
  return String(value).trim() || null;
}

/** The first that is a text. */
export function firstText(...values: readonly unknown[]): string | null {
  for (const value of values) {
    const found = text(value);
    if (found !== null) return found;
  }
  return null;
}

/** Own texts of a mapping: what is nested is left out. */
export function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      const found = text(entry);
      return found === null || key === '' ? [] : [[key, found]];
    }),
  );
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Go's zero time, which its programs write where there is no time. */
const NEVER_BEFORE = Date.UTC(1971, 0, 1);

/**
 * A moment as RFC 3339, UTC: of a date and time with an offset, or of a number of seconds or milliseconds since the epoch.
 * Null for anything else, for Go's zero time and for what lies outside the years that computers live in.
 */
export function time(value: unknown): string | null {
  const written = text(value);
  if (written === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(written) ? epochMs(Number(written)) : Date.parse(withOffset(written));
  if (!Number.isFinite(ms) || ms < NEVER_BEFORE || ms > Date.UTC(9999, 0, 1)) return null;
  return new Date(ms).toISOString();
}

/** A number of seconds has eleven digits until the year 5138. */
function epochMs(number: number): number {
  return number < 1e11 ? number * 1_000 : number;
}

/** `+0000`, as AWS writes it, is ISO 8601 but not RFC 3339; without an offset it is UTC. Anything else is no time. */
function withOffset(written: string): string {
  const [, moment, offset] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?$/i.exec(written) ?? [];
  if (moment === undefined) return '';
  return moment.replace(' ', 'T') + (offset ?? 'Z').toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2');
}
