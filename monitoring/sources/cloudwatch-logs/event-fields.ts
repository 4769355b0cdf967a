import type { Attributes, AttributeValue } from '../../telemetry.ts';

/** What a form of event says of itself; all of it may be missing. */
export interface ReadEvent {
  timeNs?: bigint;
  severityNumber?: number;
  severityText?: string;
  body: string;
  /** 32 and 16 lower-case hex digits. */
  traceId?: string;
  spanId?: string;
  service?: string;
  version?: string;
  environment?: string;
  attributes: Attributes;
}

const SEVERITIES: Record<string, number> = {
  trace: 1,
  debug: 5,
  info: 9,
  information: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  critical: 21,
  fatal: 21,
  emergency: 24,
};

/** OpenTelemetry's number of a word; 0 of one that it does not know. */
export function severityOfWord(word: string): number {
  const known = word.toLowerCase();
  return Object.hasOwn(SEVERITIES, known) ? SEVERITIES[known]! : 0;
}

/** RFC 3339 with up to nine digits of a second. @returns undefined for anything else */
export function readTime(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)$/.exec(text);
  if (!parts) return undefined;
  const seconds = Date.parse(`${parts[1]}${parts[3]}`);
  if (Number.isNaN(seconds) || seconds < 0) return undefined;
  return BigInt(seconds) * 1_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0'));
}

/** W3C's form, or X-Ray's `1-5759e988-bd862e3fe1be46a994272793`, as 32 hex digits. */
export function readTraceId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const plain = value.replace(/^1-([0-9a-f]{8})-([0-9a-f]{24})$/i, '$1$2').toLowerCase();
  return /^[0-9a-f]{32}$/.test(plain) && !/^0+$/.test(plain) ? plain : undefined;
}

export function readSpanId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{16}$/i.test(value) && !/^0+$/.test(value)
    ? value.toLowerCase()
    : undefined;
}

/** Leaves of nested objects under dotted names, as OpenTelemetry's attributes have them. Lists stay as they are. */
export function flatten(value: Record<string, unknown>, into: Attributes, path = '', depth = 0): Attributes {
  for (const [key, inner] of Object.entries(value)) {
    const name = path === '' ? key : `${path}.${key}`;
    const isGroup = typeof inner === 'object' && inner !== null && !Array.isArray(inner) && depth < 10;
    if (isGroup) flatten(inner as Record<string, unknown>, into, name, depth + 1);
    else if (depth >= 10 && typeof inner === 'object') into[name] = JSON.stringify(inner);
    else into[name] = inner as AttributeValue;
  }
  return into;
}
