import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Counts, noCounts } from '../counts.ts';

/** How items of one backend ended, per signal. */
export interface Settled {
  delivered: Counts;
  rejected: Counts;
  dropped: Counts;
  filtered: Counts;
}

/** What a backend's cursor file holds. */
export interface CursorState {
  /** Everything before it is settled. */
  position: number;
  /** Where reading goes on: past the batches that are under way. */
  next: number;
  /** Items under way whose records were deleted to make room: dropped, if the relay dies before they are settled. */
  in_flight: Counts;
  /** Records before it were deleted to make room, or were about to be: they are in the books as dropped. */
  gone_before?: number;
  settled: Settled;
  /** Reasons of rejections and how many items each took. */
  reasons: Record<string, number>;
  /** Dead letters that the books already call delivered, though their file may still hold them. */
  replayed?: string[];
}

export function nothingSettled(): Settled {
  return { delivered: noCounts(), rejected: noCounts(), dropped: noCounts(), filtered: noCounts() };
}

/** @returns undefined when there is none; the error when it cannot be read, so that somebody is told */
export async function readCursor(path: string): Promise<CursorState | undefined | Error> {
  try {
    const state = JSON.parse(await readFile(path, 'utf8')) as CursorState;
    if (!Number.isSafeInteger(state.position) || !Number.isSafeInteger(state.next) || !state.settled?.delivered) {
      return new Error(`${path} is not a cursor`);
    }
    return state;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error);
  }
}

/** Replaces the file at once and durably: after a crash it holds the old state or the new one. */
export async function writeCursor(path: string, state: CursorState): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w');
  try {
    await file.writeFile(JSON.stringify(state));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

/** The highest position that any cursor in the folder names, cursors of backends that are gone included. */
export async function highestPosition(folder: string): Promise<number> {
  let highest = 0;
  for (const name of await readdir(folder)) {
    const state = name.endsWith('.json') ? await readCursor(join(folder, name)) : undefined;
    if (state && !(state instanceof Error)) highest = Math.max(highest, state.position, state.next);
  }
  return highest;
}
