import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import { RULE_ANSWERS_FOLDER } from '../storage/rule-answers/index.ts';

const SQLITE_BUSY = 5;
/** What a watcher writes in its first moments is more than this. */
const PROBE = Buffer.alloc(65_536);

/** What a running watcher tells about itself, in `--ready-file` and in the data directory. */
export interface ReadyFile {
  url: string;
  sign_in_url: string;
  api_url: string | null;
  otlp_url: string;
  otlp_grpc_url: string | null;
  statsd_address: string;
  pid: number;
  api_pid: number | null;
}

/** The folder that holds everything a watcher keeps: state, telemetry, spool, secrets. Readable by its owner alone. */
export class DataDirectory {
  readonly path: string;

  /** Those that were generated and could not be written; known to this process alone. */
  readonly #unkept = new Map<string, string>();

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Creates the folder where it is missing. Rejects with `DATA_DIRECTORY` when nothing can be written into it. */
  async prepare(): Promise<void> {
    const probe = join(this.path, `.writable-${process.pid}`);
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      // Permissions do not tell of a disk that is full or read-only.
      await writeFile(probe, PROBE);
      await rm(probe);
    } catch (cause) {
      await rm(probe, { force: true }).catch(() => {});
      const { message } = toError(cause);
      throw new RingdownError('DATA_DIRECTORY', `the data directory ${this.path} cannot be written: ${message}`, {
        hint: 'choose another with --data-dir, or mend its permissions',
        exitCode: EXIT.usage,
        cause,
      });
    }
  }

  /**
   * Keeps a second watcher out for as long as this process lives. The lock is the operating system's, on a file, so
   * a watcher that was killed leaves none behind. A disk that lets no lock be taken is `trouble`, and no reason not
   * to watch.
   * @throws RingdownError when another watcher holds it
   */
  lock(): { release(): void; trouble: Error | null } {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(join(this.path, 'watcher.lock'));
      database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (cause) {
      if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) {
        return { release: () => database?.close(), trouble: toError(cause) };
      }
      database?.close();
      throw new RingdownError('ALREADY_RUNNING', `another watcher uses the data directory ${this.path}`, {
        hint: 'stop it first, or give this one its own with --data-dir',
        exitCode: EXIT.usage,
        cause,
      });
    }
    return { release: () => database.close(), trouble: null };
  }

  get stateFile(): string {
    return join(this.path, 'state.db');
  }

  /** What rules were answered, for `alerts replay`. */
  get ruleAnswersDirectory(): string {
    return join(this.path, RULE_ANSWERS_FOLDER);
  }

  get relayDirectory(): string {
    return join(this.path, 'relay');
  }

  /** Where one backend or source keeps what is its own. */
  plugInDirectory(kind: 'backends' | 'sources', name: string): string {
    return join(this.relayDirectory, kind, name);
  }

  /**
   * The token that opens API and UI: RINGDOWN_TOKEN, or one generated at the first start. For whoever starts a watcher.
   * Where it cannot be written, it stands until the process ends.
   */
  token(env: Readonly<Record<string, string | undefined>>): string {
    return env.RINGDOWN_TOKEN || this.#secret('token');
  }

  /**
   * The token of the watcher that started here last, for whoever wants to ask it: RINGDOWN_TOKEN, or what that watcher
   * wrote. Nothing is generated: the watcher would not know it.
   * @throws RingdownError `NO_TOKEN` when no watcher has told one
   */
  watcherToken(env: Readonly<Record<string, string | undefined>>): string {
    const token = env.RINGDOWN_TOKEN || tokenOf(this.readReady()) || this.#kept('token');
    if (token) return token;
    throw new RingdownError('NO_TOKEN', `there is no token in ${this.path}: no watcher has run on it`, {
      hint: 'start one with npm start or ringdown serve, or name its directory with --data-dir',
      exitCode: EXIT.usage,
    });
  }

  /** Password of the demo's account qa@example.com: QA_PASSWORD, or one generated at the first start. */
  qaPassword(env: Readonly<Record<string, string | undefined>>): string {
    return env.QA_PASSWORD || this.#secret('qa-password');
  }

  /** Writes the secrets that could not be written when they were generated; one that is there already stays. */
  keepSecrets(): void {
    for (const [name, secret] of this.#unkept) if (!this.#kept(name)) this.#keep(name, secret);
  }

  writeReady(ready: ReadyFile): void {
    writeJsonAtomically(join(this.path, 'ready.json'), ready);
  }

  /** What the watcher on this directory wrote last; undefined when none ever started here. */
  readReady(): ReadyFile | undefined {
    try {
      return JSON.parse(readFileSync(join(this.path, 'ready.json'), 'utf8')) as ReadyFile;
    } catch {
      return undefined;
    }
  }

  #secret(name: string): string {
    const known = this.#unkept.get(name);
    if (known) return known;
    const secret = randomBytes(24).toString('base64url');
    try {
      const kept = this.#kept(name);
      if (kept) return kept;
      this.#keep(name, secret);
    } catch {
      // A watcher that cannot write pages all the same; that it cannot is told by whoever prepared the directory.
      this.#unkept.set(name, secret);
    }
    return secret;
  }

  #keep(name: string, secret: string): void {
    writeFileSync(join(this.path, name), `${secret}\n`, { mode: 0o600 });
  }

  /** Empty where there is none. */
  #kept(name: string): string {
    try {
      return readFileSync(join(this.path, name), 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }
}

/** The link that signs in carries it. */
function tokenOf(ready: ReadyFile | undefined): string | null {
  return URL.parse(ready?.sign_in_url ?? '')?.searchParams.get('token') ?? null;
}

/** A reader sees the old content or the new one, never half of it. */
export function writeJsonAtomically(file: string, content: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
