import { existsSync, readdirSync } from 'node:fs';
import type { Compiler } from './compiler.ts';

/** Every target that has a folder here, by its name. */
export async function loadCompilers(): Promise<Map<string, Compiler>> {
  const here = new URL('./', import.meta.url);
  const found = new Map<string, Compiler>();
  for (const folder of readdirSync(here, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
    if (!folder.isDirectory() || folder.name === 'testing') continue;
    // A published package holds JavaScript, a checkout TypeScript.
    const index = ['index.ts', 'index.js']
      .map((name) => new URL(`${folder.name}/${name}`, here))
      .find((url) => existsSync(url));
    if (!index) continue;
    const { compiler } = (await import(index.href)) as { compiler: Compiler };
    found.set(compiler.target, compiler);
  }
  return found;
}
