import type { Diagnostic } from '../core/document/index.ts';
import { EXIT, RingdownError } from '../core/errors.ts';

/** Files that do not hold together. The command prints all diagnostics and ends with exit code 2. */
export class InvalidFiles extends RingdownError {
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;

  constructor(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>) {
    super('INVALID_FILES', 'some files are invalid', { exitCode: EXIT.usage });
    this.diagnostics = diagnostics;
    this.texts = texts;
  }
}
