import { printableLines } from './printable.ts';

/** A body as a person reads it: JSON indented where it is JSON and whole, everything else as it came. */
export function readableBody(body: { text: string; content_type: string | null }): string {
  if (!/[/+]json/.test(body.content_type ?? '') && !/^\s*[[{]/.test(body.text)) return body.text;
  try {
    // Numbers as they came: a double would round long ones.
    const keep = (_key: string, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && context?.source !== undefined
        ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(context.source)
        : value;
    return JSON.stringify(JSON.parse(body.text, keep as (key: string, value: unknown) => unknown), null, 2);
  } catch {
    return body.text;
  }
}

/** `1.2 kB`, `312 B`. */
export function sizeWords(bytes: number): string {
  return bytes < 1_000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The first lines of a body, safe for a terminal, and how many lines are left out. */
export function excerpt(
  body: { text: string; content_type: string | null },
  lines: number,
  columns: number,
): { lines: string[]; more: number } {
  const all = printableLines(readableBody(body).trimEnd());
  const shown = all.slice(0, lines).map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
  return { lines: shown, more: all.length - shown.length };
}

const NEAR = 12;

/**
 * Where two texts part ways, for those too long to compare by eye: `character 41: …"price": 12… instead of …"price": 13…`.
 * Null for short ones, and where nothing is alike at the beginning.
 */
export function firstDifference(expected: string | null, actual: string | null): string | null {
  if (expected === null || actual === null || Math.min(expected.length, actual.length) < 30) return null;
  let at = 0;
  while (at < expected.length && at < actual.length && expected[at] === actual[at]) at++;
  if (at < 3 || (at === expected.length && at === actual.length)) return null;
  const around = (text: string) => {
    const from = Math.max(0, at - NEAR);
    const to = at + NEAR;
    return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
  };
  return `character ${at + 1}: ${around(actual)} instead of ${around(expected)}`;
}
