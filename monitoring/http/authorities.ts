import { readFileSync } from 'node:fs';
import { toError } from '../../core/errors.ts';

/** The PEM text of a `ca_file`; where it cannot be read, `wrong` says so. */
export function readAuthorities(path: string | undefined, wrong: string[]): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    wrong.push(`ca_file: ${toError(error).message}`);
    return undefined;
  }
}
