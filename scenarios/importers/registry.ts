import { pluginsIn } from '../engine/plug-ins.ts';
import type { Importer } from './importer.ts';

/** Every format that has a folder here, in alphabetical order. */
export const importers: readonly Importer[] = (await pluginsIn<{ importer: Importer }>(import.meta.url)).map(
  ({ importer }) => importer,
);

export function importerOf(format: string): Importer | undefined {
  return importers.find((importer) => importer.format === format);
}
