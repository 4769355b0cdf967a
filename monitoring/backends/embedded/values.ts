import type { Attributes, AttributeValue } from '../../telemetry.ts';

const view = new DataView(new ArrayBuffer(8));
const NIBBLE = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) {
  NIBBLE[digit.toString(16).charCodeAt(0)] = digit;
  NIBBLE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Sixteen hex digits, from `at` on, as an unsigned 64-bit number; 0 for an empty text. */
export function hexToLong(hex: string, at: number): bigint {
  if (hex.length < at + 16) return 0n;
  let high = 0;
  let low = 0;
  for (let index = at; index < at + 8; index++) high = (high << 4) | NIBBLE[hex.charCodeAt(index) & 127]!;
  for (let index = at + 8; index < at + 16; index++) low = (low << 4) | NIBBLE[hex.charCodeAt(index) & 127]!;
  view.setInt32(0, high);
  view.setInt32(4, low);
  return view.getBigUint64(0);
}

export function longToHex(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

export interface LongId {
  high: bigint;
  low: bigint;
}

/** @returns undefined when the text is not 32 hex digits */
export function readTraceId(text: string): LongId | undefined {
  return /^[0-9a-f]{32}$/i.test(text) ? { high: hexToLong(text, 0), low: hexToLong(text, 16) } : undefined;
}

/** The greatest BIGINT. */
export const BIGINT_MAX = 2n ** 63n - 1n;

/** Keeps a nanosecond time inside what a BIGINT holds (the year 2262). */
export function clampNs(ns: bigint): bigint {
  return ns > BIGINT_MAX ? BIGINT_MAX : ns < 0n ? 0n : ns;
}

/** RFC 3339 in UTC with nine digits, exact. */
export function formatNs(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const rest = (ns % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5)}.${rest}Z`;
}

export function msToNs(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));
}

/** JSON in which NaN and infinities, for which it has no words, are strings. */
export function toJson(value: unknown): string {
  // A replacer makes stringify several times slower, and hardly anything needs it.
  return needsReplacing(value) ? JSON.stringify(value, replaceNonFinite) : JSON.stringify(value);
}

function needsReplacing(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (needsReplacing((value as Record<string, unknown>)[key])) return true;
  return false;
}

function replaceNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

export function fromJson<T = Attributes>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}

/** An attribute as text for columns and labels; '' when it is not there. */
export function text(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : typeof value === 'object' ? toJson(value) : String(value);
}

/** Math.min and Math.max do not take bigints. */
export function earlier(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

export function later(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
