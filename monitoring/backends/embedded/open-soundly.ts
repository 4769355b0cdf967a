import { statSync } from 'node:fs';
import { toError } from '../../../core/errors.ts';
import { EMPTY, Partition, type PartitionState, quarantine, saysCorrupt, saysUnusable } from './partition.ts';

/**
 * Opens a file that may be damaged. Where only its log is, the log is moved aside and the file speaks for itself: its
 * high water is then that of the last checkpoint, and the relay brings again what its spool still has. Otherwise the
 * file is moved aside too.
 * @param before the state of the file before it, which a file that was never filled continues
 * @param onDamage told of each fault and of how many files were moved aside for it
 * @returns undefined when nothing could be saved
 */
export async function openSoundly(
  file: string,
  memoryLimitBytes: number,
  before: PartitionState | undefined,
  onDamage: (error: Error, moved: 0 | 1) => void,
): Promise<Partition | undefined> {
  const initial = { ...EMPTY, highWater: before?.highWater ?? 0, lastReceived: before?.lastReceived ?? 0 };
  for (;;) {
    try {
      return await Partition.open(file, memoryLimitBytes, initial);
    } catch (thrown) {
      const error = toError(thrown);
      if (!saysCorrupt(error) && !saysUnusable(error)) throw error;
      const moved = quarantine(`${file}.wal`).length || quarantine(file).length;
      onDamage(error, moved > 0 ? 1 : 0);
      if (!statSync(file, { throwIfNoEntry: false })) return undefined;
    }
  }
}
