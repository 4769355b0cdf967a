import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, RingdownError } from '../../core/errors.ts';

/** Files that are known by their names. */
export const FILE_KINDS = {
  scenario: /\.scenario\.ya?ml$/,
  steps: /\.steps\.ya?ml$/,
  policy: /\.policy\.ya?ml$/,
  'policy.test': /\.policy\.test\.ya?ml$/,
} as const;

/**
 * What a command line names: files as they are, folders with every file of these kinds below them, and patterns where the
 * shell has left them alone. A file that is not there is its reader's to complain about.
 * @throws RingdownError (usage) for a folder or pattern without any such file
 */
export function namedFiles(names: readonly string[], kinds: readonly (keyof typeof FILE_KINDS)[]): string[] {
  return [...new Set(names.flatMap((name) => filesOf(name, kinds)))];
}

function filesOf(name: string, kinds: readonly (keyof typeof FILE_KINDS)[]): string[] {
  const what = statSync(name, { throwIfNoEntry: false });
  if (what?.isDirectory()) {
    const found = globSync('**/*', { cwd: name, exclude: ['**/node_modules/**'] })
      .filter((path) => kinds.some((kind) => FILE_KINDS[kind].test(path)))
      .map((path) => join(name, path));
    return someOf(found, `no ${kinds.join(', ')} file is in the folder ${name}`, kinds);
  }
  if (what || !/[*?{[]/.test(name)) return [name];
  return someOf(globSync(name, { exclude: ['**/node_modules/**'] }), `no file matches ${name}`, kinds);
}

function someOf(found: string[], message: string, kinds: readonly string[]): string[] {
  if (found.length > 0) return found.sort();
  throw new RingdownError('NO_FILES', message, {
    exitCode: EXIT.usage,
    hint: `they are called ${kinds.map((kind) => `*.${kind}.yaml`).join(', ')}`,
  });
}
