/**
 * Files that a scenario names: bodies, schemas, data, certificates. They are read while the scenario is parsed, so that a
 * missing one is a diagnostic and not a failed run. Paths are relative to the file that names them.
 */
export interface Files {
  /** UTF-8. */
  text(path: string): FileRead<string>;
  bytes(path: string): FileRead<Uint8Array>;
}

/** `error` says in words why it cannot be read. */
export type FileRead<Content> = { readonly value: Content } | { readonly error: string };

/** For what is read from no file of its own. */
export const noFiles: Files = {
  text: () => ({ error: 'no files can be read here' }),
  bytes: () => ({ error: 'no files can be read here' }),
};
