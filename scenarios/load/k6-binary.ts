import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EXIT, RingdownError } from '../../core/errors.ts';

export interface K6Binary {
  readonly path: string;
  /** `k6 v1.8.1`. */
  readonly version: string;
}

/** The oldest k6 whose command line and JavaScript the scripts are made for. */
const OLDEST = 1;

/**
 * Finds k6: where `--k6` says, then `K6_BIN`, then PATH.
 * @throws RingdownError (usage) when there is none, or it does not run
 */
export async function findK6(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<K6Binary> {
  const chosen = given ?? (env.K6_BIN || undefined);
  const path = chosen ?? onPath(env.PATH ?? '');
  if (path === undefined) throw missing('k6 was not found', INSTALL);
  const answer = await versionOf(path);
  const [, version, major] = /k6(?:\.exe)? (v(\d+)\.\d+\.\d+)/.exec(answer.text) ?? [];
  if (answer.failed || !version)
    throw missing(`${path} does not run as k6: ${answer.text.trim().slice(0, 200)}`, INSTALL);
  if (Number(major) < OLDEST) throw missing(`${path} is k6 ${version}, too old for these scripts`, INSTALL);
  return { path, version: `k6 ${version}` };
}

const INSTALL =
  'install it from https://grafana.com/docs/k6/latest/set-up/install-k6 (brew install k6, winget install k6, apt, dnf), or say where it is: --k6 PATH or K6_BIN';

function missing(message: string, hint: string): RingdownError {
  return new RingdownError('K6_MISSING', message, { hint, exitCode: EXIT.usage });
}

function onPath(path: string): string | undefined {
  const names = process.platform === 'win32' ? ['k6.exe'] : ['k6'];
  return path
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Most folders of PATH have none.
    return false;
  }
}

function versionOf(path: string): Promise<{ text: string; failed: boolean }> {
  return new Promise((resolve) => {
    execFile(path, ['version'], { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({ text: stdout || stderr || error?.message || '', failed: error !== null });
    });
  });
}
