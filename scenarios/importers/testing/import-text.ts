import { parse } from 'yaml';
import type { Files } from '../../engine/files.ts';
import { parseScenario } from '../../language/parse.ts';
import { type ImportedFiles, importDocument } from '../import-document.ts';
import type { Importer, ImportOptions, Refusal } from '../importer.ts';

export interface TestSource {
  words?: readonly string[];
  /** Files beside the document, by path. */
  files?: Readonly<Record<string, string>>;
  options?: ImportOptions;
  name?: string;
}

/** Imports a text as if it stood in the folder of the scenarios. */
export function importText(importer: Importer, text: string, source: TestSource = {}): ImportedFiles | Refusal {
  const beside = source.files ?? {};
  const lookUp = (path: string) => beside[path.replace(/^\.\//, '')];
  const files: Files = {
    text(path) {
      const found = path.replace(/^\.\//, '') === source.name ? text : lookUp(path);
      return found === undefined ? { error: 'there is no such file' } : { value: found };
    },
    bytes(path) {
      const found = this.text(path);
      return 'value' in found ? { value: Buffer.from(found.value) } : found;
    },
  };
  return importDocument(
    importer,
    {
      name: source.name ?? 'document',
      text,
      ...(source.words ? { words: source.words } : {}),
      reference: (path) => (path.startsWith('.') ? path : `./${path}`),
      load: (path) => lookUp(path) ?? null,
    },
    source.options ?? {},
    files,
  );
}

export interface ReadBack {
  /** What the file says, read as YAML. */
  written: Record<string, unknown> & { steps: Record<string, unknown>[] };
  text: string;
}

/** Imports and reads the one scenario back. @throws when it was refused or became several */
export function importOne(importer: Importer, text: string, source: TestSource = {}): ReadBack & ImportedFiles {
  const imported = importText(importer, text, source);
  if ('refused' in imported) throw new Error(`refused: ${imported.refused}`);
  const [only, second] = imported.scenarios;
  if (!only || second) throw new Error(`${imported.scenarios.length} scenarios: ${JSON.stringify(imported.omissions)}`);
  return { ...imported, written: parse(only.text), text: only.text };
}

/** Mistakes that the parser finds in what was imported; it should find none. */
export function mistakesIn({ scenarios }: ImportedFiles, files: Files): string[] {
  return scenarios.flatMap(({ text, file }) =>
    parseScenario(text, file, files).diagnostics.map(({ line, message }) => `${file}:${line}: ${message}`),
  );
}
