import type { SpanNode, SpanTree } from './span-tree.ts';

export interface Branch {
  nodes: SpanNode[];
  /** Offset and depth of its first span in the whole tree: what the drawing subtracts. */
  start_ms: number;
  depth: number;
}

/** A span with everything below it; the whole tree when `root` is null or unknown. */
export function branchOf(tree: SpanTree, root: string | null): Branch {
  const at = root === null ? -1 : tree.nodes.findIndex((node) => node.span.span_id === root);
  const top = tree.nodes[at];
  if (!top) return { nodes: tree.nodes, start_ms: 0, depth: 0 };
  // Depth first: the branch ends where the depth comes back to that of its root.
  const end = tree.nodes.findIndex((node, index) => index > at && node.depth <= top.depth);
  const nodes = tree.nodes.slice(at, end < 0 ? undefined : end);
  return { nodes, start_ms: Math.min(...nodes.map((node) => node.offset_ms)), depth: top.depth };
}
