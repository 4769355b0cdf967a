import type { Clock } from '../../core/clock.ts';
import type { Reader } from '../../monitoring/reader.ts';
import type { LogRow, SpanRow, Trace } from '../../monitoring/telemetry.ts';

/** What telemetry knows about a failed request. Null where it knows nothing (yet). */
export interface RequestEvidence {
  /** The server's own words: its first error log, or else the first exception on its spans. One line. */
  serverError: string | null;
  /** Requests that people made to the same route in the last five minutes. */
  realTraffic: { route: string; requests: number; errors: number } | null;
}

export const NO_EVIDENCE: RequestEvidence = { serverError: null, realTraffic: null };

const TRAFFIC_WINDOW_MS = 5 * 60_000;

/**
 * Asks the telemetry store about the request that one step made.
 * @param spanId the step's CLIENT span; server spans and logs below it are the request's own
 * @param tellError hears the server's error before the traffic is asked for: a page may leave in between
 */
export async function gatherEvidence(
  reader: Reader,
  clock: Clock,
  request: { service: string; traceId: string; spanId: string },
  abort: AbortSignal,
  tellError: (serverError: string) => void = () => undefined,
): Promise<RequestEvidence> {
  const now = clock.now();
  const trace = await reader.ask(
    { ask: 'trace', trace_id: request.traceId },
    { from: 0, to: now + TRAFFIC_WINDOW_MS },
    abort,
  );
  if (!trace) return NO_EVIDENCE;
  const server = trace.spans.find((span) => span.kind === 'server' && span.parent_span_id === request.spanId);
  const serverError = server ? serverErrorOf(trace, server) : null;
  if (serverError !== null) tellError(serverError);
  const route = server?.attributes['http.route'];
  if (typeof route !== 'string') return { serverError, realTraffic: null };

  const stats = await reader.ask(
    { ask: 'routes', service: server!.service, route, synthetic: false },
    { from: now - TRAFFIC_WINDOW_MS, to: now + 1_000 },
    abort,
  );
  const method = server!.attributes['http.request.method'];
  const own = stats.find((row) => row.route === route && row.method === method);
  return {
    serverError,
    realTraffic: own ? { route: `${own.method} ${own.route}`, requests: own.count, errors: own.errors } : null,
  };
}

/** The server's own words about a request: its first error log, or else its first exception. One line; null for none. */
export function serverErrorOf(trace: Trace, server: SpanRow): string | null {
  const family = descendants(trace.spans, server.span_id);
  const log = trace.logs.find(
    ({ level, span_id }) => (level === 'error' || level === 'fatal') && span_id !== null && family.has(span_id),
  );
  if (log) return oneLine(wordsOf(log));
  for (const span of trace.spans) {
    if (!family.has(span.span_id)) continue;
    const exception = span.events.find(({ name }) => name === 'exception')?.attributes['exception.message'];
    if (typeof exception === 'string') return oneLine(exception);
  }
  return null;
}

/** An exception says more than the sentence it was logged with. */
function wordsOf(log: LogRow): string {
  return log.exception?.message || log.message;
}

function descendants(spans: SpanRow[], root: string): Set<string> {
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const span of spans) {
      if (span.parent_span_id && family.has(span.parent_span_id) && !family.has(span.span_id)) {
        family.add(span.span_id);
        grown = true;
      }
    }
  }
  return family;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
