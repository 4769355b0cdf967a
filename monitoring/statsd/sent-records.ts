import { Buffer } from 'node:buffer';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolPosition, SpoolRecord } from '../exporter.ts';

const MAX_FILE_BYTES = 2 ** 20;
/** Position and time of receipt: a spool that was deleted begins with the same positions again. */
const ENTRY_BYTES = 16;

type Sent = Map<SpoolPosition, number>;

/**
 * Which records a StatsD server has got, on disk: StatsD has no ids, so a record that is sent again counts twice. Two
 * files of 65,536 records each take turns; further back nobody asks again. Not flushed: it survives the end of the
 * process, not of the machine.
 */
export class SentRecords {
  readonly #folder: string;
  #newer: Sent = new Map();
  #older: Sent = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  load(): void {
    mkdirSync(this.#folder, { recursive: true });
    this.#newer = read(this.#file('sent'));
    this.#older = read(this.#file('sent.old'));
  }

  has({ position, receivedAt }: SpoolRecord): boolean {
    return this.#newer.get(position) === receivedAt || this.#older.get(position) === receivedAt;
  }

  /**
   * Remembers them in any case, until the process ends.
   * @throws Error where the file cannot be written
   */
  add(records: readonly SpoolRecord[]): void {
    const bytes = Buffer.alloc(records.length * ENTRY_BYTES);
    for (const [index, { position, receivedAt }] of records.entries()) {
      bytes.writeDoubleLE(position, index * ENTRY_BYTES);
      bytes.writeDoubleLE(receivedAt, index * ENTRY_BYTES + 8);
      this.#newer.set(position, receivedAt);
    }
    const file = this.#file('sent');
    appendFileSync(file, bytes);
    if (statSync(file).size < MAX_FILE_BYTES) return;
    renameSync(file, this.#file('sent.old'));
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

function read(file: string): Sent {
  if (!existsSync(file)) return new Map();
  const bytes = readFileSync(file);
  const count = Math.floor(bytes.length / ENTRY_BYTES);
  // A torn last entry goes: those after it would be read at the wrong place.
  if (bytes.length > count * ENTRY_BYTES) truncateSync(file, count * ENTRY_BYTES);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      bytes.readDoubleLE(index * ENTRY_BYTES),
      bytes.readDoubleLE(index * ENTRY_BYTES + 8),
    ]),
  );
}
