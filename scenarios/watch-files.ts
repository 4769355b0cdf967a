import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';

/** Editors write a file in several steps; this much silence ends a change. */
const QUIET_MS = 100;

/**
 * Tells when files change, for `run --watch`. Their folders are what is watched, because many editors save by putting a
 * new file in the place of the old one. A file that is not there yet may be named: its appearance is a change.
 */
export class FileWatch {
  readonly #clock: Clock;
  readonly #quietMs: number;
  /** Last known state of each file, by its absolute path. */
  readonly #known = new Map<string, string>();
  readonly #folders = new Map<string, FSWatcher>();
  #stirred = Promise.withResolvers<void>();

  constructor(clock: Clock, quietMs = QUIET_MS) {
    this.#clock = clock;
    this.#quietMs = quietMs;
  }

  /** Names the files to watch from now on, in place of those before. What changed since they were last seen still counts. */
  set(files: readonly string[]): void {
    const wanted = new Set(files.map((file) => resolve(file)));
    for (const file of this.#known.keys()) if (!wanted.has(file)) this.#known.delete(file);
    for (const file of wanted) if (!this.#known.has(file)) this.#known.set(file, stateOf(file));
    const folders = new Set([...wanted].flatMap((file) => [dirname(file), dirname(realPath(file))]));
    for (const [folder, watcher] of this.#folders) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const folder of folders) if (!this.#folders.has(folder)) this.#watchFolder(folder);
  }

  /**
   * The files that changed since the last answer, as soon as there is one and nothing stirs any more.
   * Rejects with the signal's reason when aborted.
   */
  async next(abort: AbortSignal): Promise<string[]> {
    for (;;) {
      const { promise } = this.#stirred;
      const changed = this.#changed();
      if (changed.length > 0) {
        for (const file of changed) this.#known.set(file, stateOf(file));
        return changed;
      }
      await orAbort(promise, abort);
      this.#stirred = Promise.withResolvers();
      await this.#quiet(abort);
    }
  }

  close(): void {
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: true }, () => this.#stirred.resolve());
      // A folder that is removed takes its watcher along; what was in it has changed then.
      watcher.on('error', () => this.#stirred.resolve());
      this.#folders.set(folder, watcher);
    } catch {
      // The folder is not there, so nothing in it can change; the run says which file is missing.
    }
  }

  async #quiet(abort: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.timer(this.#quietMs, abort);
      const { promise } = this.#stirred;
      const settled = await Promise.race([promise.then(() => false), Promise.resolve().then(() => true)]);
      if (settled) return;
      this.#stirred = Promise.withResolvers();
    }
  }

  #changed(): string[] {
    return [...this.#known].filter(([file, state]) => stateOf(file) !== state).map(([file]) => file);
  }
}

function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'absent';
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

async function orAbort(work: Promise<void>, abort: AbortSignal): Promise<void> {
  abort.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(abort.reason);
  abort.addEventListener('abort', end, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    abort.removeEventListener('abort', end);
  }
}
