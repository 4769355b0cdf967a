import { existsSync, readdirSync } from 'node:fs';
import type { RuleKind } from './rule.ts';

/** Every kind of rule that has a folder here, by its key in the policy file. */
export const ruleKinds: ReadonlyMap<string, RuleKind> = await kindsIn(new URL('./', import.meta.url));

async function kindsIn(here: URL): Promise<Map<string, RuleKind>> {
  const found = new Map<string, RuleKind>();
  for (const folder of readdirSync(here, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
    if (!folder.isDirectory() || folder.name === 'testing') continue;
    // A published package holds JavaScript, a checkout TypeScript.
    const index = ['index.ts', 'index.js']
      .map((name) => new URL(`${folder.name}/${name}`, here))
      .find((url) => existsSync(url));
    if (!index) throw new Error(`${here.pathname}${folder.name} has no index`);
    const { rule } = (await import(index.href)) as { rule: RuleKind };
    found.set(rule.kind, rule);
  }
  return found;
}
