import type { Imported } from './draft.ts';

/**
 * The port of `ringdown import`: one folder per foreign format, found by its folder, each exporting
 * `export const importer: Importer`. It only reads and rearranges; files are written by whoever calls it.
 */
export interface Importer {
  /** The folder's name and the word on the command line. */
  readonly format: string;
  /** What SOURCE is, in the words of `--help`. */
  readonly reads: string;
  /** SOURCE is the words of a command (`curl -X POST …`) and not the name of a file. */
  readonly takesCommand?: boolean;
  /** Never throws on what a document says: what it cannot use is refused or listed as an omission. */
  read(source: Source, options: ImportOptions): Imported | Refusal;
}

export interface Source {
  /** How people call it: the path as given, `stdin`, or `the command`. */
  readonly name: string;
  readonly text: string;
  /** The document's own path, for `reference`; absent when it comes from no file. */
  readonly file?: string;
  /** The words of a command that a shell has split already. */
  readonly words?: readonly string[];
  /** A path in the document, as a scenario in the folder of the output has to write it. */
  reference(path: string): string;
  /** The text of a file that the document names; null when it cannot be read. */
  load(path: string): string | null;
}

export interface ImportOptions {
  /** Overrides what the document calls the service. */
  readonly service?: string;
  /** The text of an environment that goes with the document (Postman). */
  readonly environment?: string;
}

/** The document is not what it was said to be. */
export interface Refusal {
  readonly refused: string;
  readonly hint: string;
}

export const refusal = (refused: string, hint: string): Refusal => ({ refused, hint });
