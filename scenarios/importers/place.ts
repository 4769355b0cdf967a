import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Diagnostic, Path } from '../../core/document/index.ts';

/** Finds what a diagnostic is about: the keys that lead to its place, as deep as there are any. */
export function placesOf(text: string, diagnostics: readonly Diagnostic[]): Path[] {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, keepSourceTokens: false });
  return diagnostics.map(({ line, column }) => {
    const offset = (lines.lineStarts[line - 1] ?? 0) + column - 1;
    const path: (string | number)[] = [];
    let node: unknown = doc.contents;
    for (;;) {
      const next = childAt(node, offset);
      if (!next) return path;
      path.push(next.key);
      node = next.node;
    }
  });
}

/** The child whose text, or the text of its key, begins last before a place. */
function childAt(node: unknown, offset: number): { key: string | number; node: unknown } | undefined {
  if (isSeq(node)) {
    const index = node.items.findLastIndex((item) => startOf(item) <= offset);
    return index < 0 ? undefined : { key: index, node: node.items[index] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.findLast(({ key }) => startOf(key) <= offset);
  return pair && isScalar(pair.key) ? { key: String(pair.key.value), node: pair.value } : undefined;
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? Number.POSITIVE_INFINITY;
}
