import { compilePolicies } from '../../../alerts/compilers/compile.ts';
import type { CompileContext, CompiledFile, Compiler, Item } from '../../../alerts/compilers/compiler.ts';
import { loadCompilers } from '../../../alerts/compilers/registry.ts';
import { contextOf, policyOf, sourceOf } from '../../../alerts/compilers/testing/rules.ts';
import { USUAL_RULES } from '../../../alerts/compilers/testing/usual-rules.ts';

export interface CompiledRules {
  compiler: Compiler;
  context: CompileContext;
  files: readonly CompiledFile[];
  items: readonly Item[];
}

/** Every usual rule that the target can express, in one policy. */
export async function compiledRules(target: string): Promise<CompiledRules> {
  const compiler = (await loadCompilers()).get(target)!;
  const context = contextOf(compiler);
  const compile = (rules: typeof USUAL_RULES) =>
    compilePolicies([sourceOf(policyOf('usual', rules))], compiler, context, true);
  const expressible = USUAL_RULES.filter((rule) => compile([rule]).refusals.length === 0);
  const { files, items } = compile(expressible);
  return { compiler, context, files, items };
}

/** What the target has of it. */
export async function deployedAt({ compiler, context, items }: CompiledRules, url: string): Promise<readonly Item[]> {
  const ids = items.map(({ id }) => id);
  return await compiler.deployed!({ url, headers: {} }, context, ids, AbortSignal.timeout(30_000));
}
