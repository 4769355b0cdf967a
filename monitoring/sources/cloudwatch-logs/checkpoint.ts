import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { toError } from '../../../core/errors.ts';

/** How far a log group was fetched, and which events near that time are known already. */
export interface Checkpoint {
  /** Unix milliseconds; everything before was fetched, as far as it had appeared. */
  upTo: number;
  /** Short names of events, with their times: all from `upTo` minus the overlap on that were handed on. */
  seen: Map<string, number>;
}

interface Stored {
  version: 1;
  up_to: number;
  seen: Record<string, number>;
}

/** Seventy-two bits name an event among those of a few minutes; its full id has 56 digits. */
export function shortName(eventId: string): string {
  return createHash('sha256').update(eventId).digest('base64url').slice(0, 12);
}

/** A file that is replaced whole, so that a crash leaves the old one or the new one. */
export class CheckpointFile {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'checkpoint.json');
  }

  /** @returns undefined where there is none yet, an Error where it cannot be used */
  async read(): Promise<Checkpoint | Error | undefined> {
    try {
      const { version, up_to, seen } = JSON.parse(await readFile(this.#path, 'utf8')) as Stored;
      if (version !== 1 || !Number.isFinite(up_to)) return new Error(`${this.#path} is not a checkpoint`);
      return { upTo: up_to, seen: new Map(Object.entries(seen)) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      return new Error(`${this.#path}: ${toError(error).message}`);
    }
  }

  /** Resolves when it is on disk. */
  async write({ upTo, seen }: Checkpoint): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const stored: Stored = { version: 1, up_to: upTo, seen: Object.fromEntries(seen) };
    const file = await open(`${this.#path}.new`, 'w');
    try {
      await file.writeFile(JSON.stringify(stored));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${this.#path}.new`, this.#path);
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
