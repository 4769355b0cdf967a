import { Buffer } from 'node:buffer';
import { excessOf } from '../receivers/json-excess.ts';
import type { Matcher } from './glob.ts';

const REDACTED = '[redacted]';
/** What is nested deeper, or in more pieces, is not looked through. */
const LIMITS = { depth: 128, containers: 100_000 };

// Not in TypeScript's library yet (TC39, "JSON.parse source text access"): keeps every digit of a number.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};
const withDigits = (_key: string, value: unknown, { source }: { source?: string }) =>
  typeof value === 'number' && source !== undefined ? rawJSON(source) : value;

/**
 * Redacts a text that is a JSON object, as loggers write it, by its keys and their paths. One that is too deep to look
 * through goes as a whole.
 * @returns undefined where the text is something else or nothing matches
 */
export function redactJson(text: string, matches: Matcher): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  if (excessOf(Buffer.from(text), LIMITS)) return REDACTED;
  let parsed: object;
  try {
    parsed = JSON.parse(text, withDigits as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
  return redactIn(parsed, '', matches) ? JSON.stringify(parsed) : undefined;
}

/** @returns whether anything matched */
function redactIn(value: object, path: string, matches: Matcher): boolean {
  let found = false;
  for (const [key, inner] of Object.entries(value)) {
    const whole = Array.isArray(value) ? path : path === '' ? key : `${path}.${key}`;
    if (!Array.isArray(value) && (matches(key) || matches(whole))) {
      Object.defineProperty(value, key, { value: REDACTED, enumerable: true, configurable: true, writable: true });
      found = true;
    } else if (typeof inner === 'object' && inner !== null && !isRawJSON(inner)) {
      if (redactIn(inner, whole, matches)) found = true;
    }
  }
  return found;
}
