import type { Clock } from '../../core/clock.ts';
import type { ReadSecrets, SecretRead, SecretSource } from './secret-source.ts';
import { readSsm } from './sources/aws-ssm.ts';
import { readEnvironment } from './sources/environment.ts';
import { readFiles } from './sources/file.ts';

export type { SecretSource } from './secret-source.ts';

/** After this long a value is read again. */
const FRESH_MS = 5 * 60_000;
/** So soon after a reading nothing is read again, whatever a failing run suspects. */
const SETTLED_MS = 10_000;
/** What the reading of all secrets may take. */
const LIMIT_MS = 10_000;

/** Why a secret has no value. Names the secret and the place that was asked, never a value. */
export interface SecretProblem {
  readonly name: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface SecretValues {
  readonly values: Readonly<Record<string, string>>;
  /** One for each name without a value. */
  readonly problems: readonly SecretProblem[];
}

export interface SecretProvider {
  /**
   * Values by name, read at first use and again after five minutes. A place that cannot be reached any more leaves the value
   * that is known. Never rejects.
   */
  values(names: readonly string[], abort: AbortSignal): Promise<SecretValues>;
  /** Reads them again before their next use: a run failed, and the secret may have been changed. */
  suspect(names: readonly string[]): void;
}

export interface SecretProviderOptions {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told when a value that is known could not be read again. */
  readonly onProblem?: (problem: SecretProblem) => void;
}

interface Known {
  value: string | null;
  readAt: number;
  suspected: boolean;
  problem: SecretProblem | null;
}

/** @param sources by the secret's name; one that is not named comes from the environment variable of its name */
export function createSecretProvider(
  sources: Readonly<Record<string, SecretSource>>,
  { clock, env, onProblem = () => {} }: SecretProviderOptions,
): SecretProvider {
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<void>>();
  const sourceOf = (name: string): SecretSource =>
    Object.hasOwn(sources, name) ? sources[name]! : ({ env: name } as const);

  const isFresh = (name: string): boolean => {
    const found = known.get(name);
    if (!found || found.problem) return false;
    return clock.monotonic() - found.readAt < (found.suspected ? SETTLED_MS : FRESH_MS);
  };

  function take(name: string, read: SecretRead): void {
    const before = known.get(name);
    const readAt = clock.monotonic();
    if ('value' in read) {
      known.set(name, { value: read.value, readAt, suspected: false, problem: null });
      return;
    }
    const problem = { name, message: `secret ${name}: ${read.error}`, hint: read.hint };
    known.set(name, { value: before?.value ?? null, readAt, suspected: false, problem });
    if (before?.value) onProblem(problem);
  }

  async function readAll(names: readonly string[]): Promise<void> {
    const limit = new AbortController();
    const over = new AbortController();
    clock.timer(LIMIT_MS, over.signal).then(
      () => limit.abort(new Error('reading the secrets took too long')),
      () => {
        // Everything has been read in time.
      },
    );
    const results = await readSources(names.map(sourceOf), env, limit.signal);
    over.abort();
    for (const [index, name] of names.entries()) take(name, results[index]!);
  }

  return {
    async values(names, abort) {
      const wanted = [...new Set(names)];
      const missing = wanted.filter((name) => !isFresh(name) && !reading.has(name));
      if (missing.length > 0) {
        const read = readAll(missing).finally(() => {
          for (const name of missing) reading.delete(name);
        });
        for (const name of missing) reading.set(name, read);
      }
      await orAborted(Promise.all(wanted.map((name) => reading.get(name))), abort);
      const values: Record<string, string> = {};
      const problems: SecretProblem[] = [];
      for (const name of wanted) {
        const found = known.get(name);
        if (found?.value) values[name] = found.value;
        else problems.push(found?.problem ?? stopped(name));
      }
      return { values, problems };
    },
    suspect(names) {
      for (const name of names) {
        const found = known.get(name);
        if (found) found.suspected = true;
      }
    },
  };
}

/** Each kind of source gets all that it has to read at once. */
async function readSources(
  sources: readonly SecretSource[],
  env: SecretProviderOptions['env'],
  abort: AbortSignal,
): Promise<readonly SecretRead[]> {
  const reads = new Map<SecretSource, SecretRead>();
  const readKind = async <Kind extends SecretSource>(
    has: (source: SecretSource) => source is Kind,
    read: ReadSecrets<Kind>,
  ): Promise<void> => {
    const mine = sources.filter(has);
    if (mine.length === 0) return;
    const found = await read(mine, env, abort);
    for (const [index, source] of mine.entries()) reads.set(source, found[index]!);
  };
  await Promise.all([
    readKind((source) => 'env' in source, readEnvironment),
    readKind((source) => 'file' in source, readFiles),
    readKind((source) => 'aws_ssm' in source, readSsm),
  ]);
  return sources.map((source) => reads.get(source)!);
}

const stopped = (name: string): SecretProblem => ({
  name,
  message: `secret ${name}: reading it was stopped`,
  hint: null,
});

/** Resolves when the work is done, or as soon as the signal says so. */
async function orAborted(work: Promise<unknown>, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return;
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    abort.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([work, aborted]);
  abort.removeEventListener('abort', stop);
}
