import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import { DataDirectory, type ReadyFile } from './data-directory.ts';

/** Memory as a folder, where the folder for temporary files cannot be written either. */
const SHARED_MEMORY = '/dev/shm';

const MEANWHILE =
  'Incidents, silences, acknowledgements and heartbeats are in memory alone, and a restart forgets them. Mend its permissions, its mount or its free space: it is taken again by itself';

/**
 * What a watcher stands on: its data directory, or for as long as that cannot be written a temporary folder for telemetry
 * and the demo, with the state in memory alone. A watcher that does not start pages nobody.
 */
export class Ground {
  /** Why the data directory could not be written at the start; null where it could. */
  readonly trouble: Error | null;
  readonly #directory: DataDirectory;
  readonly #onTaken: (trouble: Error | null) => void;
  #temporary: DataDirectory | null = null;
  #lock: ReturnType<DataDirectory['lock']> | null = null;
  #ready: ReadyFile | null = null;

  private constructor(directory: DataDirectory, onTaken: (trouble: Error | null) => void, trouble: Error | null) {
    this.#directory = directory;
    this.#onTaken = onTaken;
    this.trouble = trouble;
  }

  /**
   * @param onTaken the data directory, which could not be written at first, was taken; what of it does not work yet
   * @throws RingdownError `ALREADY_RUNNING` where it cannot be written and another watcher has it
   */
  static async of(directory: DataDirectory, onTaken: (trouble: Error | null) => void): Promise<Ground> {
    const trouble = await directory.prepare().then(() => null, toError);
    // A disk that is full is full for the watcher that has it, too. Two of them would tell everything twice.
    if (trouble) directory.lock().release();
    return new Ground(directory, onTaken, trouble);
  }

  /** Whether the data directory is this watcher's: what it writes there is nobody else's. */
  get taken(): boolean {
    return this.#lock !== null;
  }

  /**
   * Where telemetry, the demo's data and its log lie; the same until `release`.
   * @throws RingdownError `DATA_DIRECTORY` where nothing at all can be written
   */
  get working(): DataDirectory {
    if (this.trouble) this.#temporary ??= temporaryDirectory(this.trouble);
    return this.#temporary ?? this.#directory;
  }

  /**
   * Keeps other watchers out of the data directory, once it can be written. Rejects with `DATA_DIRECTORY` while it cannot,
   * with `ALREADY_RUNNING` when another watcher has it.
   * @returns why no lock can be taken though it can be written
   */
  async take(): Promise<Error | null> {
    if (this.#lock) return this.#lock.trouble;
    if (this.trouble) await this.#try();
    this.#lock = this.#directory.lock();
    if (this.trouble) this.#onTaken(this.#lock.trouble ?? this.#tellOthers());
    return this.#lock.trouble;
  }

  /** Tells other processes where the watcher is, now or when the data directory is taken. */
  writeReady(ready: ReadyFile): void {
    this.#ready = ready;
    if (this.#lock) this.#directory.writeReady(ready);
  }

  release(): void {
    this.#lock?.release();
    if (this.#temporary) rmSync(this.#temporary.path, { recursive: true, force: true });
  }

  /** The state is worth more than what others read: it is opened whatever becomes of this. */
  #tellOthers(): Error | null {
    try {
      this.#directory.keepSecrets();
      if (this.#ready) this.#directory.writeReady(this.#ready);
      return null;
    } catch (error) {
      return toError(error);
    }
  }

  async #try(): Promise<void> {
    try {
      await this.#directory.prepare();
    } catch (cause) {
      throw new RingdownError('DATA_DIRECTORY', `${toError(cause).message}. ${MEANWHILE}`, { cause });
    }
  }
}

function temporaryDirectory(trouble: Error): DataDirectory {
  const tried: string[] = [];
  for (const parent of [tmpdir(), SHARED_MEMORY]) {
    try {
      return new DataDirectory(mkdtempSync(join(parent, 'ringdown-without-directory-')));
    } catch (error) {
      tried.push(toError(error).message);
    }
  }
  throw new RingdownError('DATA_DIRECTORY', `${trouble.message}; nor can a temporary folder: ${tried.join('; ')}`, {
    hint: 'choose another with --data-dir, or mend its permissions',
    exitCode: EXIT.usage,
    cause: trouble,
  });
}
