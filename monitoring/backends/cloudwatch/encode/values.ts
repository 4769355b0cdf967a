import type { Attributes, AttributeValue } from '../../../telemetry.ts';

const BILLION = 1_000_000_000n;
const LATEST_NS = 253_402_300_799n * BILLION;

/** RFC 3339 in UTC with nine digits, exact; what lies past the year 9999 is shown as its end. */
export function formatNs(ns: bigint): string {
  const kept = ns > LATEST_NS ? LATEST_NS : ns;
  const rest = (kept % BILLION).toString().padStart(9, '0');
  return `${new Date(Number(kept / BILLION) * 1000).toISOString().slice(0, -5)}.${rest}Z`;
}

export function text(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : typeof value === 'object' ? toJson(value) : String(value);
}

/** JSON in which NaN and infinities, for which it has no words, are strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
}

export interface Origin {
  service: string;
  environment: string;
  version: string;
}

export function originOf(resource: Attributes): Origin {
  return {
    service: text(resource['service.name']) || 'unknown_service',
    environment: text(resource['deployment.environment.name']) || 'default',
    version: text(resource['service.version']),
  };
}

/** Leaves out what is not there, so that an event holds no empty fields. */
export function present(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null && value !== '') kept[key] = value;
  }
  return kept;
}

export function hasAny(attributes: Attributes): boolean {
  for (const _ in attributes) return true;
  return false;
}
