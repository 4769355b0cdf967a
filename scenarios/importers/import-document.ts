import type { SourceFiles } from '../language/source-files.ts';
import type { Omission } from './draft.ts';
import { type Importer, type ImportOptions, type Refusal, refusal, type Source } from './importer.ts';
import { Unique } from './names.ts';
import { type Settled, settle } from './settle.ts';

/** The files that a document becomes, and everything that it said and they do not. */
export interface ImportedFiles {
  readonly scenarios: readonly Settled[];
  readonly companions: readonly { readonly name: string; readonly text: string }[];
  readonly omissions: readonly Omission[];
  /** For `environments` of ringdown.yaml, the one that relative URLs need first. */
  readonly baseUrls: readonly string[];
  /** Environment variables that a run needs. */
  readonly secrets: readonly string[];
}

/**
 * Reads a document and prints its scenarios. Every text passes `parseScenario`.
 * @param filesOf what a scenario of this name, in the folder of the output, may refer to
 * @param taken ids that other scenarios of that folder have
 */
export function importDocument(
  importer: Importer,
  source: Source,
  options: ImportOptions,
  filesOf: (file: string) => SourceFiles,
  taken: Iterable<string> = [],
): ImportedFiles | Refusal {
  const imported = importer.read(source, options);
  if ('refused' in imported) return imported;
  const companions = imported.companions ?? [];
  const ids = new Unique('-', taken);
  const head = [`Imported from ${source.name} (${importer.format}).`];
  const scenarios: Settled[] = [];
  const omissions: Omission[] = [...imported.omissions];
  for (const draft of imported.scenarios) {
    const settled = settle(draft, ids, head, (file) => withCompanions(filesOf(file), companions));
    if ('lost' in settled) omissions.push(...settled.lost);
    else {
      scenarios.push(settled);
      omissions.push(...settled.omissions);
    }
  }
  if (scenarios.length === 0 && omissions.length === 0)
    return refusal('there is no request in it', `SOURCE is ${importer.reads}`);
  return {
    scenarios,
    companions,
    omissions,
    baseUrls: imported.baseUrls,
    secrets: [...new Set(scenarios.flatMap(({ secrets }) => secrets))].sort(),
  };
}

/** Files that are about to be written can be referred to already. */
function withCompanions(files: SourceFiles, companions: ImportedFiles['companions']): SourceFiles {
  const companion = (path: string) => companions.find(({ name }) => name === path.replace(/^\.\//, ''));
  return {
    locate: (path) => files.locate(path),
    from: (path) => files.from(path),
    text(path) {
      const found = companion(path);
      return found ? { value: found.text } : files.text(path);
    },
    bytes(path) {
      const found = companion(path);
      return found ? { value: Buffer.from(found.text) } : files.bytes(path);
    },
  };
}
