import type { Attributes, AttributeValue } from '../../../telemetry.ts';
import { cut, MAX_STRING_BYTES, quoted } from './line-protocol.ts';

/** An attribute as text; '' when it is not there. */
export function text(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : typeof value === 'object' ? toJson(value) : String(value);
}

/** JSON in which NaN and infinities, for which it has no words, are strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one));
}

/** The JSON of a map as a field. What does not fit in 64 KiB has its texts cut, until it does. */
export function jsonField(value: Attributes | readonly unknown[]): string {
  let json = toJson(value);
  for (let most = 8_192; json.length * 3 > MAX_STRING_BYTES && Buffer.byteLength(json) > MAX_STRING_BYTES; most /= 8) {
    if (most < 8) return quoted(toJson({ cut: 'more attributes than a field of InfluxDB holds' }));
    json = JSON.stringify(value, (_key, one) => (typeof one === 'string' ? cut(one, most) : one));
  }
  return quoted(json);
}

/** service.name, or the word for one that says nothing of itself. */
export function serviceOf(resource: Attributes): string {
  return text(resource['service.name']) || 'unknown_service';
}

export function environmentOf(resource: Attributes): string {
  return text(resource['deployment.environment.name']) || 'default';
}
