import { EXIT, RingdownError } from '../core/errors.ts';

/** What of these settings the schema of their entry in ringdown.yaml does not know, in words. */
export function unknownKeys(
  { properties }: { properties: Readonly<Record<string, unknown>> },
  settings: Readonly<Record<string, unknown>>,
): string[] {
  const known = new Set(['dataDir', ...Object.keys(properties)]);
  return Object.keys(settings)
    .filter((key) => !known.has(key))
    .map((key) => `unknown key "${key}"`);
}

class WrongSettings extends RingdownError {
  readonly clauses: readonly string[];

  constructor(code: string, message: string, clauses: readonly string[]) {
    super(code, message, { exitCode: EXIT.usage });
    this.clauses = clauses;
  }
}

/**
 * What `readConfig` of a backend or source would refuse, before anything is started.
 * @returns one clause each; empty when nothing is wrong
 */
export function whatIsWrong<Settings>(
  readConfig: (settings: Settings) => unknown,
  settings: Settings,
): readonly string[] {
  try {
    readConfig(settings);
    return [];
  } catch (error) {
    if (error instanceof WrongSettings) return error.clauses;
    throw error;
  }
}

/**
 * @param wrong one clause each, without the value of a secret
 * @throws RingdownError `INVALID_BACKEND` or `INVALID_SOURCE` (exit code 2) that lists everything wrong at once
 */
export function refuseIfWrong(kind: 'backend' | 'source', name: string, wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const code = kind === 'backend' ? 'INVALID_BACKEND' : 'INVALID_SOURCE';
  throw new WrongSettings(code, `${kind} "${name}": ${wrong.join('; ')}`, wrong);
}
