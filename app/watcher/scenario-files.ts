import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { toError } from '../../core/errors.ts';

export interface FileText {
  readonly text: string;
  /** Of these very bytes. */
  readonly version: string;
}

export type Written =
  | { readonly status: 'written'; readonly version: string }
  /** Somebody else wrote it meanwhile. */
  | { readonly status: 'changed'; readonly current: FileText }
  | { readonly status: 'refused'; readonly reason: string };

/** The parts of writing that a disk can fail at. */
export interface WritingSteps {
  readonly open: typeof open;
  readonly rename: typeof rename;
}

export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Reads a file as it is, a byte order mark included. @returns why not, in words, where it cannot be read as UTF-8 */
export function readText(file: string): FileText | { readonly error: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
    return { text, version: versionOf(text) };
  } catch (thrown) {
    return { error: wordsFor(thrown) };
  }
}

/**
 * Why a file cannot be changed from the web UI; null where it can.
 * @param shipped the folder of the suites that come with Ringdown: an upgrade would take changes away again
 */
export function whyReadOnly(file: string, shipped: string): string | null {
  try {
    const real = realpathSync(file);
    if (!statSync(real).isFile()) return 'it is not a file';
    if (existsSync(shipped) && real.startsWith(realpathSync(shipped) + sep)) {
      return 'it came with Ringdown; copy it to a folder of your own, name that under "scenarios" in ringdown.yaml, and change the copy';
    }
    accessSync(real, constants.W_OK);
    // A new file takes the place of the old one.
    accessSync(dirname(real), constants.W_OK);
    return null;
  } catch (thrown) {
    return wordsFor(thrown);
  }
}

/** Writes files so that a reader sees the old text or the new one, never a part, and nobody's change is overwritten unseen. */
export class ScenarioFiles {
  readonly #steps: WritingSteps;
  /** Saves of one file follow one another. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(steps: WritingSteps = { open, rename }) {
    this.#steps = steps;
  }

  /**
   * Puts a text in the place of the version that its author saw. Links are followed; the permissions and the owner stay.
   * What the disk refuses is an answer, and leaves the file as it was.
   */
  async write(file: string, text: string, seen: string): Promise<Written> {
    const before = this.#turns.get(file) ?? Promise.resolve();
    const mine = () => this.#write(file, text, seen);
    const turn = before.then(mine, mine);
    this.#turns.set(file, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(file) === turn) this.#turns.delete(file);
    }
  }

  async #write(file: string, text: string, seen: string): Promise<Written> {
    let draft: string | null = null;
    try {
      const real = await realpath(file);
      draft = await this.#draft(real, text);
      // As late as can be: an editor on the same machine takes no turns with us.
      const current = readText(real);
      if ('error' in current) return { status: 'refused', reason: current.error };
      if (current.version !== seen) return { status: 'changed', current };
      await this.#steps.rename(draft, real);
      draft = null;
      await this.#syncFolder(dirname(real));
      return { status: 'written', version: versionOf(text) };
    } catch (thrown) {
      return { status: 'refused', reason: wordsFor(thrown) };
    } finally {
      if (draft) await rm(draft, { force: true });
    }
  }

  /** The text in a file beside the real one, on the disk and with its permissions. */
  async #draft(real: string, text: string): Promise<string> {
    const { mode, uid, gid } = await stat(real);
    const draft = join(dirname(real), `.${basename(real)}.${randomBytes(6).toString('hex')}.tmp`);
    const handle = await this.#steps.open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      const made = await handle.stat();
      if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
      await handle.chmod(mode & 0o7777);
      await handle.sync();
      return draft;
    } catch (thrown) {
      await rm(draft, { force: true });
      throw thrown;
    } finally {
      await handle.close();
    }
  }

  /** The text is in its place already; where a folder cannot be synced, only a power cut could bring the old one back. */
  async #syncFolder(folder: string): Promise<void> {
    const handle = await open(folder, 'r').catch(() => null);
    await handle?.sync().catch(() => {});
    await handle?.close();
  }
}

const WORDS: Record<string, string> = {
  ENOENT: 'it is not there any more',
  EACCES: 'the watcher may not write it, or the folder that it stands in',
  EPERM: 'the watcher may not write it, or it belongs to somebody else',
  EROFS: 'it stands on a disk that can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EBUSY: 'it is mounted by itself, so that no other file can take its place; mount its folder instead',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not a text in UTF-8',
};

function wordsFor(thrown: unknown): string {
  const { code, message } = toError(thrown) as NodeJS.ErrnoException;
  return WORDS[code ?? ''] ?? message;
}
