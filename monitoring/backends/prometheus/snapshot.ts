import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Applied, Stretch } from './applied.ts';
import type { Refusals } from './intake.ts';
import type { Family, Series, SeriesTable } from './series.ts';

export interface Snapshot {
  version: 1;
  families: (Omit<Family, 'series'> & { series: Series[] })[];
  applied: Stretch[];
  refusals: Refusals;
}

const FILE = 'counters.json';

/** Written when the relay stops in good order, so that counters go on where they stood. */
export async function writeSnapshot(
  folder: string,
  table: SeriesTable,
  applied: Applied,
  refusals: Refusals,
): Promise<void> {
  const snapshot: Snapshot = {
    version: 1,
    families: [...table.families.values()].map((family) => ({ ...family, series: [...family.series.values()] })),
    applied: [...applied.stretches],
    refusals,
  };
  const path = join(folder, FILE);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(snapshot));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/**
 * Reads what the last run left, and removes it: after a crash the file must not be there, because counters that go back
 * by a little look to Prometheus like a restart that counted nearly everything again.
 */
export async function takeSnapshot(folder: string): Promise<Snapshot | undefined> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  await rm(path);
  try {
    const snapshot = JSON.parse(text) as Snapshot;
    return snapshot.version === 1 && Array.isArray(snapshot.families) && Array.isArray(snapshot.refusals)
      ? snapshot
      : undefined;
  } catch {
    // Damaged: counters begin at zero, as after a crash.
    return undefined;
  }
}
