import { existsSync, readdirSync } from 'node:fs';
import type { AssertionKind } from './assertion.ts';

/** Every kind of assertion that has a folder here, by the keys that name it. */
export const assertionKinds: readonly AssertionKind[] = await findKinds();

const byKey = new Map(
  assertionKinds.flatMap((found) => [found.kind, ...found.aliases].map((key) => [key, found] as const)),
);

/** The kind that a key under `expect` or `warn` names. */
export function assertionKind(key: string): AssertionKind | undefined {
  return byKey.get(key);
}

async function findKinds(): Promise<AssertionKind[]> {
  const here = new URL('./', import.meta.url);
  const kinds: AssertionKind[] = [];
  for (const folder of readdirSync(here, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    // A published package holds JavaScript, a checkout TypeScript.
    const index = ['index.ts', 'index.js']
      .map((name) => new URL(`${folder.name}/${name}`, here))
      .find((url) => existsSync(url));
    if (!index) throw new Error(`scenarios/engine/assertions/${folder.name} has no index`);
    const { assertion } = (await import(index.href)) as { assertion: AssertionKind };
    kinds.push(assertion);
  }
  return kinds.sort((a, b) => a.kind.localeCompare(b.kind));
}
