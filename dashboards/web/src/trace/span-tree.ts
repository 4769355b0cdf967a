import type { LogRow, SpanRow } from '../../../../control/resources.ts';
import { instantOf } from '../time/words.ts';

export interface SpanNode {
  span: SpanRow;
  depth: number;
  /** Milliseconds after the trace's first span began. */
  offset_ms: number;
  /** Its parent is not in this trace: not arrived, or kept elsewhere. */
  orphan: boolean;
  children: number;
  logs: LogRow[];
}

export interface SpanTree {
  /** Depth first, siblings by time: the order in which rows are drawn. */
  nodes: SpanNode[];
  /** Logs of spans that are not here. */
  loose_logs: LogRow[];
  /** From the first start to the last end. */
  total_ms: number;
  started_at: number;
}

/** Puts spans under their parents. Survives missing parents and cycles; every span appears exactly once. */
export function spanTree(spans: SpanRow[], logs: LogRow[]): SpanTree {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const startOf = new Map(spans.map((span) => [span, instantOf(span.start_time)]));
  const started = Math.min(...startOf.values());
  const childrenOf = Map.groupBy(spans, (span) =>
    span.parent_span_id !== null && byId.has(span.parent_span_id) && span.parent_span_id !== span.span_id
      ? span.parent_span_id
      : '',
  );
  for (const siblings of childrenOf.values()) siblings.sort((a, b) => startOf.get(a)! - startOf.get(b)!);
  const logsOf = Map.groupBy(logs, (log) => (log.span_id !== null && byId.has(log.span_id) ? log.span_id : ''));

  const nodes: SpanNode[] = [];
  const seen = new Set<SpanRow>();
  const visit = (span: SpanRow, depth: number) => {
    if (seen.has(span)) return;
    seen.add(span);
    const children = childrenOf.get(span.span_id) ?? [];
    nodes.push({
      span,
      depth,
      offset_ms: startOf.get(span)! - started,
      orphan: span.parent_span_id !== null && !byId.has(span.parent_span_id),
      children: children.length,
      logs: logsOf.get(span.span_id) ?? [],
    });
    for (const child of children) visit(child, depth + 1);
  };
  for (const root of childrenOf.get('') ?? []) visit(root, 0);
  // Spans that are each other's parents hang on no root.
  for (const span of spans) visit(span, 0);

  return {
    nodes,
    loose_logs: logsOf.get('') ?? [],
    total_ms: Math.max(0, ...nodes.map((node) => node.offset_ms + node.span.duration_ms)),
    started_at: spans.length ? started : Number.NaN,
  };
}

export interface SpanException {
  type: string | null;
  message: string | null;
  stacktrace: string | null;
}

/** Exceptions that a span recorded as events (OpenTelemetry semantic conventions, "exception"). */
export function exceptionsOf(span: Pick<SpanRow, 'events'>): SpanException[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return span.events
    .filter((event) => event.name === 'exception')
    .map(({ attributes }) => ({
      type: text(attributes['exception.type']),
      message: text(attributes['exception.message']),
      stacktrace: text(attributes['exception.stacktrace']),
    }));
}

/** The spans where an exception began: those above them record the same one while it passes through. */
export function deepestExceptions(nodes: SpanNode[]): ReadonlySet<SpanNode> {
  const deepest = new Set<SpanNode>();
  const above: SpanNode[] = [];
  for (const node of nodes) {
    while (above.length > 0 && above.at(-1)!.depth >= node.depth) above.pop();
    if (exceptionsOf(node.span).length > 0) {
      for (const ancestor of above) deepest.delete(ancestor);
      deepest.add(node);
    }
    above.push(node);
  }
  return deepest;
}
