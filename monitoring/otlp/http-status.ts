import type { Attributes } from '../telemetry.ts';

/** `http.response.status_code` of a span; NaN where it has none, or one that is no number. */
export function httpStatusOf(attributes: Attributes): number {
  const status = attributes['http.response.status_code'];
  // A sender may put anything there, and an object without a prototype cannot be turned into a number.
  return typeof status === 'object' ? Number.NaN : Number(status ?? Number.NaN);
}
