import type { Trace } from '../../../../control/resources.ts';
import { branchOf } from './branch.ts';
import { exceptionsOf, spanTree } from './span-tree.ts';

/** What is shown at the head of a page; the whole text stands in the trace. */
const MAX_LENGTH = 500;

/**
 * What the service itself says went wrong: the first exception below the given client span, else the first error log,
 * else the first status message of a failed span that is not the watcher's own. Null when it says nothing.
 */
export function serverErrorOf(trace: Trace, clientSpanId: string | null): string | null {
  const text = wholeErrorOf(trace, clientSpanId);
  return text !== null && text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function wholeErrorOf(trace: Trace, clientSpanId: string | null): string | null {
  const { nodes } = branchOf(spanTree(trace.spans, trace.logs), clientSpanId);
  const join = (type: string | null, message: string | null) => [type, message].filter(Boolean).join(': ');
  for (const { span } of nodes) {
    const exception = exceptionsOf(span)[0];
    if (exception && span.kind !== 'client') return join(exception.type, exception.message) || 'exception';
  }
  const logs = nodes.flatMap((node) => node.logs).filter((log) => log.level === 'error' || log.level === 'fatal');
  const log = logs.sort((a, b) => a.time.localeCompare(b.time))[0];
  if (log) return log.exception ? join(log.exception.type, log.exception.message) || log.message : log.message;
  const failed = nodes.find(({ span }) => span.kind !== 'client' && span.status === 'error' && span.status_message);
  return failed?.span.status_message ?? null;
}
