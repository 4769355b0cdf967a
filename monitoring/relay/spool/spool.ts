import { type FileHandle, mkdir, readFile, truncate, unlink } from 'node:fs/promises';
import type { SpoolRecord } from '../../exporter.ts';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { type SpoolFiles, syncFolder, systemFiles } from './files.ts';
import { GroupQueue } from './group-queue.ts';
import { countDamaged, encodeHeader, HEADER_BYTES, type NewRecord, parseRecord } from './record.ts';
import { countAll, isTornTail, listSegments, quarantineTail, readAt, type Segment, segmentPath } from './segment.ts';

export interface SpoolOptions {
  folder: string;
  /** All segments together, the one being written included. */
  maxBytes: number;
  /** Positions below it were given out once and are never given out again. */
  startAt: number;
  files?: SpoolFiles;
  /** Records have become durable. Called before those who appended them are told. */
  onAppended(records: readonly NewRecord[]): void;
  /** Everything before `start` is about to be deleted to make room. */
  onDrop(start: number): Promise<void>;
  /** Something was found damaged and was moved aside. */
  onDamage(message: string): void;
}

export interface ReadLimits {
  maxItems: number;
  maxBytes: number;
}

/** Since it was opened. */
export interface SpoolCounters {
  records: number;
  bytes: number;
  syncs: number;
  /** Time in fdatasync. */
  syncSeconds: number;
  /** Groups of records that could not be written. */
  failedWrites: number;
}

/** `next` is where to read on. `lost` counts items that damage took between the two. */
export interface ReadResult {
  records: SpoolRecord[];
  lost: Counts;
  next: number;
}

/**
 * An append-only log in segment files. A position is a byte offset from the beginning of time. `append` resolves after
 * fdatasync; records that come while one is under way share the next. When `maxBytes` would be passed, the oldest
 * segment goes, read or not. Only durable records can be read. One process at a time.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #files: SpoolFiles;
  readonly #segmentBytes: number;
  readonly #segments: Segment[] = [];
  readonly #queue = new GroupQueue((records, bytes) =>
    this.#exclusively(() => this.#writeGroup(records, bytes)).catch((error) => {
      this.counters.failedWrites++;
      throw error;
    }),
  );
  #active: FileHandle | undefined;
  #nextBase = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #readers: (() => void)[] = [];
  #closed = false;
  readonly counters: SpoolCounters = { records: 0, bytes: 0, syncs: 0, syncSeconds: 0, failedWrites: 0 };

  private constructor(options: SpoolOptions) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
    this.#segmentBytes = Math.min(16 * 2 ** 20, Math.max(64 * 2 ** 10, Math.floor(options.maxBytes / 8)));
  }

  /** Reads every segment once, to check and to count it (about a second per GB). Damage never keeps it from opening. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await mkdir(options.folder, { recursive: true });
    const found = await listSegments(options.folder);
    for (const [index, { path, base }] of found.entries()) {
      const limit = (found[index + 1]?.base ?? Number.POSITIVE_INFINITY) - base;
      const segment = await spool.#examine(path, base, limit);
      if (segment.bytes > 0) spool.#segments.push(segment);
      // Its place is written to again, under the same name: were it kept, releasing it would delete what stands there then.
      else await unlink(path).catch(() => undefined);
      spool.#nextBase = Math.max(spool.#nextBase, base);
    }
    const last = spool.#segments.at(-1);
    spool.#nextBase = Math.max(options.startAt, last ? last.base + last.bytes : 0, spool.#nextBase);
    return spool;
  }

  async #examine(path: string, base: number, limit: number): Promise<Segment> {
    // Bytes past the next segment's base were never acknowledged: their write failed and was given up.
    const buffer = (await readFile(path)).subarray(0, limit);
    const { counts, sound } = countAll(buffer, base);
    const segment: Segment = { path, base, bytes: sound, counts };
    if (sound === buffer.length) return segment;
    const tail = buffer.subarray(sound);
    if (limit === Number.POSITIVE_INFINITY && isTornTail(tail, base + sound)) {
      await truncate(path, sound);
      return segment;
    }
    const lost = countDamaged(tail, base + sound);
    segment.bytes = await quarantineTail(this.#options.folder, segment, sound, tail, lost);
    addCounts(counts, lost);
    this.#nextBase = Math.max(this.#nextBase, base + buffer.length);
    this.#options.onDamage(`${path}: ${tail.length} bytes from ${sound} on were damaged and moved to quarantine`);
    return segment;
  }

  /** Position of the oldest record. */
  get start(): number {
    return this.#segments[0]?.base ?? this.#nextBase;
  }

  /** Position after the newest durable record. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last ? Math.max(last.base + last.bytes, this.#active ? 0 : this.#nextBase) : this.#nextBase;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Resolves with its position once the record is durable; rejects with SpoolUnavailable when it was not taken. */
  append(record: NewRecord): Promise<number> {
    return this.#queue.push(record);
  }

  /** @returns the position of each */
  async #writeGroup(records: NewRecord[], bytes: number): Promise<number[]> {
    await this.#makeRoom(bytes);
    const segment = await this.#segmentFor();
    const buffers: Uint8Array[] = [];
    const positions: number[] = [];
    let position = segment.base + segment.bytes;
    for (const record of records) {
      positions.push(position);
      buffers.push(encodeHeader(record, position), record.bytes);
      position += HEADER_BYTES + record.bytes.length;
    }
    try {
      await this.#files.write(this.#active!, buffers, segment.bytes);
      const from = performance.now();
      await this.#files.sync(this.#active!);
      this.counters.syncSeconds += (performance.now() - from) / 1_000;
      this.counters.syncs++;
    } catch (error) {
      await this.#giveUp(segment);
      throw error;
    }
    segment.bytes += bytes;
    this.counters.records += records.length;
    this.counters.bytes += bytes;
    for (const record of records) segment.counts[record.signal] += record.items;
    this.#options.onAppended(records);
    for (const wake of this.#readers.splice(0)) wake();
    return positions;
  }

  /** After a failed write nobody knows what the file holds, and a failed fsync is not told twice: it is not written to again. */
  async #giveUp(segment: Segment): Promise<void> {
    await this.#seal();
    // Where this fails as well, opening ignores what lies past the next segment's base.
    await truncate(segment.path, segment.bytes).catch(() => undefined);
    if (segment.bytes > 0) return;
    this.#segments.pop();
    await unlink(segment.path).catch(() => undefined);
  }

  async #seal(): Promise<void> {
    const last = this.#segments.at(-1);
    if (last) this.#nextBase = Math.max(this.#nextBase, last.base + last.bytes);
    const file = this.#active;
    this.#active = undefined;
    await file?.close().catch(() => undefined);
  }

  async #segmentFor(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (this.#active && last && last.bytes < this.#segmentBytes) return last;
    await this.#seal();
    const segment: Segment = {
      path: segmentPath(this.#options.folder, this.#nextBase),
      base: this.#nextBase,
      bytes: 0,
      counts: noCounts(),
    };
    const file = await this.#files.openSegment(segment.path);
    try {
      await syncFolder(this.#options.folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#active = file;
    this.#segments.push(segment);
    return segment;
  }

  async #makeRoom(bytes: number): Promise<void> {
    while (this.#segments.length > 0 && this.bytes + bytes > this.#options.maxBytes) {
      if (this.#segments.length === 1) await this.#seal();
      await this.#options.onDrop(this.#segments[1]?.base ?? this.#nextBase);
      await this.#deleteOldest();
    }
  }

  async #deleteOldest(): Promise<void> {
    const oldest = this.#segments.shift();
    if (!oldest) return;
    this.#nextBase = Math.max(this.#nextBase, oldest.base + oldest.bytes);
    await unlink(oldest.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.#options.onDamage(`${oldest.path} cannot be deleted: ${error.message}`);
    });
  }

  /** Every reader is past `position`: segments that end before it are deleted. */
  async release(position: number): Promise<void> {
    const isPassed = () => {
      const oldest = this.#segments[0];
      if (!oldest || oldest.base + oldest.bytes > position) return false;
      return this.#segments.length > 1 || !this.#active || oldest.bytes >= this.#segmentBytes;
    };
    if (!isPassed()) return;
    await this.#exclusively(async () => {
      while (isPassed()) {
        if (this.#segments.length === 1) await this.#seal();
        await this.#deleteOldest();
      }
    });
  }

  /** Waits until there is something to read at `position`; also returns when the spool closes. */
  async waitBeyond(position: number): Promise<void> {
    while (!this.#closed && this.#locate(position) === undefined) {
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
  }

  /** The segment that holds the first record at or after `position`. */
  #locate(position: number): Segment | undefined {
    let index = this.#segments.length - 1;
    while (index > 0 && this.#segments[index]!.base > position) index--;
    while (index >= 0 && index < this.#segments.length) {
      const segment = this.#segments[index]!;
      if (position < segment.base + segment.bytes) return segment;
      index++;
    }
    return undefined;
  }

  /** Reads records of one segment: at least one where there is any, whatever the limits say. */
  async read(position: number, limits: ReadLimits): Promise<ReadResult> {
    const result: ReadResult = { records: [], lost: noCounts(), next: position };
    const segment = this.#locate(position);
    if (!segment) return result;
    const offset = Math.max(0, position - segment.base);
    result.next = segment.base + offset;
    let buffer = await this.#readSegment(segment, offset, limits.maxBytes);
    if (!buffer) return { ...result, next: this.start };
    let items = 0;
    for (let at = 0; at < buffer.length; ) {
      const parsed = parseRecord(buffer, at, segment.base + offset + at);
      if (
        parsed.kind === 'short' &&
        at === 0 &&
        buffer.length < segment.bytes - offset &&
        parsed.bytes <= segment.bytes - offset
      ) {
        const whole = await this.#readSegment(segment, offset, parsed.bytes);
        if (!whole) return { ...result, next: this.start };
        buffer = whole;
        continue;
      }
      const isCut = parsed.kind === 'short' && at + parsed.bytes + offset <= segment.bytes;
      if (isCut) break;
      if (parsed.kind === 'short' || parsed.kind === 'damaged') {
        if (at === 0) await this.#quarantine(segment, offset);
        break;
      }
      if (parsed.kind === 'lost') {
        addCounts(result.lost, parsed.lost);
        // Nothing follows it in its segment, and it may be longer or shorter than what it replaced.
        result.next = this.#segments[this.#segments.indexOf(segment) + 1]?.base ?? Math.max(parsed.end, this.#nextBase);
        break;
      }
      if (result.records.length > 0 && items + parsed.record.items > limits.maxItems) break;
      items += parsed.record.items;
      result.records.push(parsed.record);
      at = parsed.end - segment.base - offset;
      result.next = parsed.end;
    }
    return result;
  }

  async #readSegment(segment: Segment, offset: number, length: number): Promise<Buffer | undefined> {
    try {
      return await readAt(segment.path, offset, Math.min(length, segment.bytes - offset));
    } catch (error) {
      // Deleted to make room while it was being read.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !this.#segments.includes(segment)) return undefined;
      throw error;
    }
  }

  async #quarantine(segment: Segment, offset: number): Promise<void> {
    await this.#exclusively(async () => {
      if (!this.#segments.includes(segment)) return;
      if (segment === this.#segments.at(-1)) await this.#seal();
      const whole = await readAt(segment.path, 0, segment.bytes);
      const { counts, sound } = countAll(whole, segment.base);
      if (sound > offset) return;
      const lost = { ...segment.counts };
      addCounts(lost, counts, -1);
      segment.bytes = await quarantineTail(this.#options.folder, segment, sound, whole.subarray(sound), lost);
      this.#options.onDamage(`${segment.path}: damaged from ${offset} on, moved to quarantine`);
    });
  }

  /** Items from `from` up to `to`, both positions of records. */
  async count(from: number, to: number): Promise<Counts> {
    const counts = noCounts();
    for (const segment of this.#segments) {
      const end = segment.base + segment.bytes;
      if (end <= from || segment.base >= to) continue;
      if (from <= segment.base && end <= to) addCounts(counts, segment.counts);
      else {
        const start = Math.max(from, segment.base);
        const buffer = await readAt(segment.path, start - segment.base, Math.min(end, to) - start);
        addCounts(counts, countAll(buffer, start).counts);
      }
    }
    return counts;
  }

  /** One structural change at a time. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Writes what waits, then takes no more; readers stop waiting. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue.close();
    await this.#exclusively(() => this.#seal());
    for (const wake of this.#readers.splice(0)) wake();
  }
}
