import { existsSync, readdirSync } from 'node:fs';

/**
 * What the folders beside a registry export, by the folders' names in alphabetical order. A folder without an index is a
 * mistake of whoever made it, and throws.
 * @param registryUrl `import.meta.url` of the registry
 */
export async function pluginsIn<Exports>(registryUrl: string): Promise<Exports[]> {
  const here = new URL('./', registryUrl);
  const found: Exports[] = [];
  for (const folder of readdirSync(here, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
    if (!folder.isDirectory() || folder.name === 'testing') continue;
    // A published package holds JavaScript, a checkout TypeScript.
    const index = ['index.ts', 'index.js']
      .map((name) => new URL(`${folder.name}/${name}`, here))
      .find((url) => existsSync(url));
    if (!index) throw new Error(`${here.pathname}${folder.name} has no index`);
    found.push((await import(index.href)) as Exports);
  }
  return found;
}
