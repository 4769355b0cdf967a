import type { Trace } from '../../../../control/resources.ts';
import { branchOf } from './branch.ts';
import { spanTree } from './span-tree.ts';

/** How much the watched service has told of a request so far. Its spans and its logs come apart from each other. */
export type ServiceSide = 'nothing' | 'spans' | 'spans_and_logs';

/**
 * @param clientSpanId the request one wants to know about, whose neighbours in the same run say nothing about it; null for
 *   all requests of the trace
 */
export function serviceSideOf(trace: Trace | null, clientSpanId: string | null): ServiceSide {
  const servers = (trace?.spans ?? []).filter(
    (span) => span.kind === 'server' && (clientSpanId === null || span.parent_span_id === clientSpanId),
  );
  if (!trace || servers.length === 0) return 'nothing';
  const tree = spanTree(trace.spans, trace.logs);
  const logged = servers.some(({ span_id }) => branchOf(tree, span_id).nodes.some(({ logs }) => logs.length > 0));
  return logged ? 'spans_and_logs' : 'spans';
}
