import { type Diagnostic, diagnosticAt, type SourceDocument } from '../../core/document/index.ts';
import type { Policy } from '../policies/policy.ts';
import { type Alert, alertOf } from './alert.ts';
import {
  CannotExpress,
  type CompileContext,
  type Compiled,
  type CompiledFile,
  type Compiler,
  type Item,
} from './compiler.ts';

/** A policy and the file it was read from. */
export interface PolicySource {
  policy: Policy;
  document: SourceDocument;
}

export interface Compilation {
  /** Empty while anything is refused. */
  files: readonly CompiledFile[];
  items: readonly Item[];
  rules: number;
  /** What the target cannot express, or only nearly and nobody allowed that. */
  refusals: readonly Diagnostic[];
  /** What is only nearly the same in the files. */
  approximations: readonly Diagnostic[];
}

/**
 * Policies in a target's files: all of them or none, so that nothing is watched by half.
 * @param approximate whether what comes near will do
 */
export function compilePolicies(
  sources: readonly PolicySource[],
  compiler: Compiler,
  context: CompileContext,
  approximate: boolean,
): Compilation {
  const refusals: Diagnostic[] = [];
  const approximations: Diagnostic[] = [];
  const compiled: Compiled[] = [];
  for (const { policy, document } of sources) {
    for (const index of policy.rules.keys()) {
      const at = (path: Alert['approximations'][number]['path'], message: string, hint?: string) =>
        diagnosticAt(document, ['rules', index, ...path], message, hint);
      try {
        const alert = alertOf(policy, index);
        compiled.push({ alert, piece: compiler.compile(alert, context) });
        for (const { path, message } of alert.approximations) {
          const hint = approximate ? undefined : `${compiler.target} comes near only; --approximate takes it`;
          (approximate ? approximations : refusals).push(at(path, message, hint));
        }
      } catch (error) {
        if (!(error instanceof CannotExpress)) throw error;
        refusals.push(at(error.path, error.message, error.hint));
      }
    }
  }
  const rules = compiled.length;
  if (refusals.length > 0) return { files: [], items: [], rules, refusals, approximations };
  return {
    files: compiler.assemble(compiled, context),
    items: compiler.items(compiled, context),
    rules,
    refusals,
    approximations,
  };
}
