import { Buffer } from 'node:buffer';
import type { Clock } from '../../../core/clock.ts';
import { MAX_LINE_LENGTH, walkStatsd } from '../../statsd/index.ts';
import type { NewRecord } from '../spool/record.ts';
import type { CardinalityGuard } from './cardinality.ts';
import { mayKeepTags, withOverflowTag } from './limit-line.ts';

export interface StatsdIntakeOptions {
  clock: Clock;
  cardinality: CardinalityGuard;
  append(record: NewRecord): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

// Each record costs a sync, a read and a saved cursor: of 64 KiB they took a sixth of the CPU at 160,000 lines a second.
const BATCH_BYTES = 256 * 2 ** 10;
const BATCH_MS = 100;
/** Bytes that may wait for the disk; past it lines are lost and counted where their sender cannot be told to wait. */
const MAX_UNWRITTEN_BYTES = 16 * 2 ** 20;
/** Where senders that can wait are made to. */
const FULL_BYTES = MAX_UNWRITTEN_BYTES / 2;
/** Pause before the spool is asked again. */
const RETRY_MS = 1_000;
const NEWLINE = 10;

/**
 * Where the lines of all StatsD sockets come together: well-formed ones share spool records, written after 256 KiB or
 * 100 ms. What the spool does not take is offered again every second and waits in memory, up to 16 MiB.
 */
export class StatsdIntake {
  readonly #options: StatsdIntakeOptions;
  #batch = Buffer.allocUnsafe(BATCH_BYTES);
  #used = 0;
  #lines = 0;
  #firstAt = 0;
  #flushing = false;
  #unwritten = 0;
  #writes = new Set<Promise<void>>();
  #failing = 0;
  #waitingForRoom: (() => void)[] = [];
  #stop = new AbortController();
  malformed = 0;
  /** Well-formed lines that did not reach the spool. */
  lost = 0;

  constructor(options: StatsdIntakeOptions) {
    this.#options = options;
  }

  /** Takes whole lines, newline-separated. They are copied. */
  take(packet: Buffer): void {
    const { cardinality, clock } = this.#options;
    this.malformed += walkStatsd(packet, (start, end, tagsAt) => {
      if (tagsAt >= 0 && !mayKeepTags(cardinality, packet, start, end, tagsAt)) {
        const line = withOverflowTag(packet, start, end, tagsAt);
        // A line that is longer now than any line may be has tags that are shorter than the overflow tag.
        if (line.length <= MAX_LINE_LENGTH) {
          this.#add(line, 0, line.length, clock);
          return;
        }
      }
      this.#add(packet, start, end, clock);
    });
    if (this.#used > 0 && !this.#flushing) this.#flushLater();
  }

  #add(source: Buffer, start: number, end: number, clock: Clock): void {
    const length = end - start;
    if (this.#used + length + 1 > BATCH_BYTES) this.#flush();
    if (this.#used === 0) this.#firstAt = clock.now();
    source.copy(this.#batch, this.#used, start, end);
    this.#used += length;
    this.#batch[this.#used++] = NEWLINE;
    this.#lines++;
  }

  #flushLater(): void {
    this.#flushing = true;
    this.#options.clock.timer(BATCH_MS, this.#stop.signal).then(
      () => {
        this.#flushing = false;
        this.#options.cardinality.advance();
        // While the spool refuses, records are filled before they join the queue, so that it stays short.
        if (this.#failing === 0) this.#flush();
        else if (this.#used > 0) this.#flushLater();
      },
      () => undefined,
    );
  }

  #flush(): void {
    if (this.#used === 0) return;
    const items = this.#lines;
    const bytes = Buffer.from(this.#batch.subarray(0, this.#used));
    this.#used = 0;
    this.#lines = 0;
    if (this.#unwritten + bytes.length > MAX_UNWRITTEN_BYTES) {
      this.lost += items;
      return;
    }
    this.#unwritten += bytes.length;
    const record: NewRecord = { signal: 'metrics', encoding: 'statsd', items, receivedAt: this.#firstAt, bytes };
    const write = this.#write(record).finally(() => {
      this.#unwritten -= bytes.length;
      this.#writes.delete(write);
      if (!this.isFull) for (const go of this.#waitingForRoom.splice(0)) go();
    });
    this.#writes.add(write);
  }

  async #write(record: NewRecord): Promise<void> {
    let failed = false;
    for (;;) {
      const isLast = this.#stop.signal.aborted;
      try {
        await this.#options.append(record);
        if (failed) this.#failing--;
        return;
      } catch (error) {
        if (isLast) {
          this.lost += record.items;
          this.#options.log('warn', `${record.items} StatsD lines were lost: ${(error as Error).message}`);
          if (failed) this.#failing--;
          return;
        }
        if (!failed) {
          failed = true;
          if (this.#failing++ === 0)
            this.#options.log('warn', `StatsD lines wait in memory: ${(error as Error).message}`);
        }
        await this.#options.clock.timer(RETRY_MS, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  /** So much waits that who can wait should. */
  get isFull(): boolean {
    return this.#unwritten >= FULL_BYTES;
  }

  /** Resolves when it is full no longer. */
  async room(): Promise<void> {
    while (this.isFull && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
  }

  /** Resolves once every line taken so far is durable, or lost. */
  async settled(): Promise<void> {
    this.#flush();
    await Promise.all(this.#writes);
  }

  /** Offers the spool what is left for a last time. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const go of this.#waitingForRoom.splice(0)) go();
    await this.settled();
  }
}
