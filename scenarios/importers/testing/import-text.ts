import { parse } from 'yaml';
import { memoryFiles } from '../../language/source-files.ts';
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
  const { name = 'document', files = {}, words, options = {} } = source;
  const beside: Record<string, string> = { ...files, [name]: text };
  return importDocument(
    importer,
    {
      name,
      text,
      ...(name === 'document' ? {} : { file: name }),
      ...(words ? { words } : {}),
      reference: (path) => (path.startsWith('.') ? path : `./${path}`),
      load: (path) => beside[path.replace(/^\.\//, '')] ?? null,
    },
    options,
    (file) => memoryFiles(file, beside),
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
