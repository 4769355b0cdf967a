import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, isSpanContextValid, propagation, trace } from '@opentelemetry/api';

/** undici announces every request here, the global `fetch` included (undici, "Diagnostics Channel Support"). */
const CHANNEL = 'undici:request:create';

interface UndiciRequest {
  headers: string | string[];
  addHeader(name: string, value: string): void;
}

let users = 0;

/**
 * Adds `traceparent` (and what else the propagator knows) to the app's outgoing undici and fetch requests, so that
 * the next service joins the trace. One subscription serves all apps of the process; the returned function ends it.
 */
export function propagateToUndici(): () => void {
  if (users++ === 0) subscribe(CHANNEL, addTraceHeaders);
  let used = true;
  return () => {
    if (used && --users === 0) unsubscribe(CHANNEL, addTraceHeaders);
    used = false;
  };
}

function addTraceHeaders(message: unknown): void {
  const { request } = message as { request: UndiciRequest };
  const active = context.active();
  const span = trace.getSpanContext(active);
  if (!span || !isSpanContextValid(span) || hasTraceparent(request.headers)) return;
  propagation.inject(active, request, {
    set: (carrier, name, value) => carrier.addHeader(name, value),
  });
}

/** The app, or an instrumentation of its own, may have set it already. */
function hasTraceparent(headers: string | string[]): boolean {
  if (typeof headers === 'string') return /(?:^|\n)traceparent:/i.test(headers);
  for (let index = 0; index < headers.length; index += 2) {
    if (String(headers[index]).toLowerCase() === 'traceparent') return true;
  }
  return false;
}
