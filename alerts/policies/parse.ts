import { checkDocument, type Diagnostic, inOrder, readDocument } from '../../core/document/index.ts';
import { checkMeaning } from './check-meaning.ts';
import { compilePolicy } from './compile.ts';
import type { KnownNames } from './known-names.ts';
import type { Policy } from './policy.ts';
import { type PolicyFile, PolicySchema } from './schema.ts';

/**
 * Reads a `*.policy.yaml`.
 * @param known names of what is configured; a name outside is an error at its place
 * @returns the policy, or everything that is wrong with the file, in its order
 */
export function parsePolicy(
  text: string,
  file: string,
  known: KnownNames,
): { policy: Policy; diagnostics: [] } | { policy: null; diagnostics: Diagnostic[] } {
  const doc = readDocument(text, file);
  const shape = doc.diagnostics.length > 0 ? [] : checkDocument(doc, PolicySchema);
  const diagnostics = [...doc.diagnostics, ...shape];
  if (doc.value !== undefined && doc.diagnostics.length === 0) {
    const places = new Set(shape.map(({ line, column }) => `${line}:${column}`));
    const meaning = checkMeaning(doc, known).filter(({ line, column }) => !places.has(`${line}:${column}`));
    diagnostics.push(...meaning);
  }
  if (diagnostics.length > 0) return { policy: null, diagnostics: inOrder(diagnostics) };
  return { policy: compilePolicy(doc.value as PolicyFile), diagnostics: [] };
}

/** Policies with the same id, found over several files. The first one stands. */
export function duplicateIds(policies: readonly { policy: Policy; file: string }[]): { id: string; files: string[] }[] {
  return [...Map.groupBy(policies, ({ policy }) => policy.id)]
    .filter(([, same]) => same.length > 1)
    .map(([id, same]) => ({ id, files: same.map(({ file }) => file) }));
}
