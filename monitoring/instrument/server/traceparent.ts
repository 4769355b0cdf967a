const HEX = '[0-9a-f]';
const FORM = new RegExp(`^(?!ff)${HEX}{2}-(${HEX}{32})-(${HEX}{16})-(${HEX}{2})(?:$|-)`);
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

export interface RemoteParent {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/**
 * Reads a `traceparent` header (W3C Trace Context §3.2); undefined where it is invalid and a new trace begins.
 * Versions after 00 may append fields, version 00 may not.
 */
export function parseTraceparent(header: string): RemoteParent | undefined {
  const match = FORM.exec(header);
  if (!match || (header.startsWith('00') && header.length !== 55)) return undefined;
  const [, traceId, spanId, flags] = match as unknown as [string, string, string, string];
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
