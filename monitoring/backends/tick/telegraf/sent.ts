import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolPosition } from '../../../exporter.ts';

const MAX_FILE_BYTES = 512 * 1024;
const POSITION_BYTES = 8;

/**
 * Which records Telegraf has got, on disk: StatsD has no ids, so a record that is sent again counts twice. Two files of
 * 65,536 positions each take turns; further back nobody asks again. Not flushed: it survives the end of the process, not
 * of the machine.
 */
export class SentRecords {
  readonly #folder: string;
  #newer = new Set<SpoolPosition>();
  #older = new Set<SpoolPosition>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  load(): void {
    mkdirSync(this.#folder, { recursive: true });
    this.#newer = read(this.#file('sent'));
    this.#older = read(this.#file('sent.old'));
  }

  has(position: SpoolPosition): boolean {
    return this.#newer.has(position) || this.#older.has(position);
  }

  add(positions: readonly SpoolPosition[]): void {
    const bytes = Buffer.alloc(positions.length * POSITION_BYTES);
    for (const [index, position] of positions.entries()) {
      bytes.writeDoubleLE(position, index * POSITION_BYTES);
      this.#newer.add(position);
    }
    const file = this.#file('sent');
    appendFileSync(file, bytes);
    if (statSync(file).size < MAX_FILE_BYTES) return;
    renameSync(file, this.#file('sent.old'));
    this.#older = this.#newer;
    this.#newer = new Set();
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

function read(file: string): Set<SpoolPosition> {
  if (!existsSync(file)) return new Set();
  const bytes = readFileSync(file);
  const count = Math.floor(bytes.length / POSITION_BYTES);
  // A torn last entry goes: those after it would be read at the wrong place.
  if (bytes.length > count * POSITION_BYTES) truncateSync(file, count * POSITION_BYTES);
  return new Set(Array.from({ length: count }, (_, index) => bytes.readDoubleLE(index * POSITION_BYTES)));
}
