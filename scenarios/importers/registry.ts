import { existsSync, readdirSync } from 'node:fs';
import type { Importer } from './importer.ts';

/** Every format that has a folder here. */
export const importers: readonly Importer[] = await findImporters();

export function importerOf(format: string): Importer | undefined {
  return importers.find((importer) => importer.format === format);
}

async function findImporters(): Promise<Importer[]> {
  const here = new URL('./', import.meta.url);
  const found: Importer[] = [];
  for (const folder of readdirSync(here, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === 'testing') continue;
    // A published package holds JavaScript, a checkout TypeScript.
    const index = ['index.ts', 'index.js']
      .map((name) => new URL(`${folder.name}/${name}`, here))
      .find((url) => existsSync(url));
    if (!index) throw new Error(`scenarios/importers/${folder.name} has no index`);
    const { importer } = (await import(index.href)) as { importer: Importer };
    found.push(importer);
  }
  return found.sort((a, b) => a.format.localeCompare(b.format));
}
