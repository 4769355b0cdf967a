import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import { RULE_ANSWERS_FOLDER } from '../storage/rule-answers/index.ts';

const SQLITE_BUSY = 5;

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

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Creates the folder where it is missing. @throws RingdownError when it cannot be written */
  prepare(): void {
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      accessSync(this.path, constants.W_OK);
    } catch (cause) {
      throw new RingdownError('DATA_DIRECTORY', `the data directory ${this.path} cannot be written`, {
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

  /** The token that opens API and UI: RINGDOWN_TOKEN, or one generated at the first start. For whoever starts a watcher. */
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
    const kept = this.#kept(name);
    if (kept) return kept;
    const secret = randomBytes(24).toString('base64url');
    writeFileSync(join(this.path, name), `${secret}\n`, { mode: 0o600 });
    return secret;
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
