import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import type { DeadLetter } from '../../telemetry.ts';
import type { Refused } from '../fan-out/settlement.ts';
import type { SpoolFiles } from '../spool/files.ts';
import type { NewRecord } from '../spool/record.ts';
import { Spool } from '../spool/spool.ts';
import { countOf, decodeLetter, encodeLetter, encodeRemoval, type Letter } from './letter.ts';

export interface DeadLettersOptions {
  folder: string;
  backend: string;
  clock: Clock;
  /** On disk. Default 256 MB; the oldest go. */
  maxBytes?: number;
  /** Each takes some memory. Default 100,000; the oldest go. */
  maxRecords?: number;
  files?: SpoolFiles;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

interface Entry {
  /** Where it stands in the log. */
  at: number;
  /** Refused items. */
  count: number;
  /** Of the record. */
  bytes: number;
}

const MAX_BYTES = 256e6;
const MAX_RECORDS = 100_000;
/** Handed to the disk at one time. */
const GROUP_BYTES = 8 * 2 ** 20;
const SCAN = { maxItems: Number.POSITIVE_INFINITY, maxBytes: 4 * 2 ** 20 };
const ONE = { maxItems: 1, maxBytes: 64 * 2 ** 10 };

/**
 * Records that one backend refused for good, in an append-only log of the spool's format: a letter that is gone leaves a
 * line that says so, one that was refused anew stands there again. Durable, and as sound after a crash or damage as the
 * spool.
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #log: Spool;
  /** By id, in the order of the log. */
  readonly #index = new Map<string, Entry>();
  #bytes = 0;
  /** Letters on their way into the log, or in it and not in the index yet. */
  #adding = 0;
  #closed = false;

  private constructor(options: DeadLettersOptions, log: Spool) {
    this.#options = options;
    this.#log = log;
  }

  static async open(options: DeadLettersOptions): Promise<DeadLetters> {
    let letters: DeadLetters | undefined;
    const log = await Spool.open({
      folder: options.folder,
      maxBytes: options.maxBytes ?? MAX_BYTES,
      startAt: 0,
      ...(options.files ? { files: options.files } : {}),
      onAppended: () => undefined,
      onDrop: async (start) => letters?.forgetBefore(start),
      onDamage: (message) => options.log('error', `dead letters of ${options.backend}: ${message}`),
    });
    letters = new DeadLetters(options, log);
    await letters.#readIndex();
    return letters;
  }

  async #readIndex(): Promise<void> {
    for (let at = this.#log.start; at < this.#log.end; ) {
      const { records, next } = await this.#log.read(at, SCAN);
      for (const stored of records) {
        const letter = decodeLetter(stored);
        if ('removed' in letter) for (const id of letter.removed) this.#forget(id);
        else this.#note(letter, stored.position);
      }
      if (next <= at) break;
      at = next;
    }
    this.#keepToLimit();
  }

  get size(): { records: number; bytes: number } {
    return { records: this.#index.size, bytes: this.#bytes };
  }

  /** In the order in which they were refused. */
  get ids(): string[] {
    return [...this.#index.keys()];
  }

  /** Keeps what was refused; a record that is here already, as after a crash, is kept with its new reasons. Never rejects. */
  async keep(refused: readonly Refused[]): Promise<void> {
    let waiting: Promise<void>[] = [];
    let bytes = 0;
    for (const { record, reasons } of refused) {
      const rejectedAt = this.#options.clock.now();
      waiting.push(this.#add({ id: String(record.position), record, rejectedAt, reasons: [...reasons] }));
      bytes += record.bytes.length;
      if (bytes < GROUP_BYTES) continue;
      await Promise.all(waiting);
      [waiting, bytes] = [[], 0];
    }
    await Promise.all(waiting);
    this.#keepToLimit();
    await this.#release();
  }

  async #add(letter: Letter): Promise<void> {
    this.#adding++;
    try {
      const at = await this.#append(encodeLetter(letter));
      if (at !== undefined) this.#note(letter, at);
    } finally {
      this.#adding--;
    }
  }

  /** @returns where it stands; undefined, and told, where it could not be written */
  async #append(record: NewRecord): Promise<number | undefined> {
    try {
      return await this.#log.append(record);
    } catch (error) {
      const { backend, log } = this.#options;
      log('error', `refused items of ${backend} could not be kept: ${toError(error).message}`);
      return undefined;
    }
  }

  #note({ id, record, reasons }: Letter, at: number): void {
    this.#forget(id);
    this.#index.set(id, { at, count: countOf(reasons), bytes: record.bytes.length });
    this.#bytes += record.bytes.length;
  }

  #forget(id: string): Entry | undefined {
    const entry = this.#index.get(id);
    if (!entry) return undefined;
    this.#index.delete(id);
    this.#bytes -= entry.bytes;
    return entry;
  }

  /** The log gives up what stands before `start`. */
  forgetBefore(start: number): void {
    this.#drop(({ at }) => at < start);
  }

  #keepToLimit(): void {
    let over = this.#index.size - (this.#options.maxRecords ?? MAX_RECORDS);
    this.#drop(() => over-- > 0);
  }

  /** Drops the oldest, as long as it is told to. */
  #drop(isDropped: (entry: Entry) => boolean): void {
    let records = 0;
    let items = 0;
    for (const [id, entry] of this.#index) {
      if (!isDropped(entry)) break;
      this.#forget(id);
      records++;
      items += entry.count;
    }
    if (records === 0) return;
    const { backend, log } = this.#options;
    log('warn', `dead letters of ${backend} are full: the oldest ${records} records with ${items} refused items went`);
  }

  /** Those that are not there are passed over. */
  async remove(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.#forget(id) !== undefined);
    if (known.length === 0) return;
    await this.#append(encodeRemoval(known, this.#options.clock.now()));
    await this.#release();
  }

  /** Stretches of the log with nothing but what is gone need no place on disk. */
  async #release(): Promise<void> {
    // Whoever adds the last of them releases.
    if (this.#adding > 0) return;
    const [oldest] = this.#index.values();
    await this.#log.release(oldest?.at ?? this.#log.end);
  }

  /** The newest first. */
  async list(limit: number): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (const id of this.ids.slice(-limit).reverse()) {
      const letter = await this.read(id);
      if (letter) letters.push(toDeadLetter(letter, this.#options.backend));
    }
    return letters;
  }

  /** @returns undefined when it is gone */
  async read(id: string): Promise<Letter | undefined> {
    const entry = this.#index.get(id);
    if (!entry) return undefined;
    const { records } = await this.#log.read(entry.at, ONE);
    const stored = records[0];
    if (stored?.position !== entry.at) {
      // Damaged since, or dropped meanwhile.
      if (this.#index.get(id) === entry) this.#forget(id);
      return undefined;
    }
    const letter = decodeLetter(stored);
    return 'removed' in letter ? undefined : letter;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#log.close();
  }
}

function toDeadLetter({ id, record, rejectedAt, reasons }: Letter, backend: string): DeadLetter {
  const sorted = [...reasons].sort(([, a], [, b]) => b - a);
  return {
    id,
    backend,
    signal: record.signal,
    rejected_at: new Date(rejectedAt).toISOString(),
    reason: sorted.map(([reason]) => reason).join('; '),
    count: countOf(reasons),
    bytes: record.bytes.length,
  };
}
