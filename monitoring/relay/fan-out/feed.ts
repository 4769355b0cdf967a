import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import { type Backoff, backoffMs } from '../../../core/retry.ts';
import type { Batch, Exported, Exporter } from '../../exporter.ts';
import type { BackendStatus } from '../../telemetry.ts';
import { addCounts, type Counts, countItemsOf, noCounts, SIGNALS } from '../counts.ts';
import type { ReadLimits, ReadResult, Spool } from '../spool/spool.ts';
import { type CursorState, nothingSettled, readCursor, writeCursor } from './cursor-file.ts';
import { Ledger } from './ledger.ts';

export interface FeedOptions {
  name: string;
  type: string;
  exporter: Exporter;
  cursorPath: string;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long one `export` may take before it is aborted. */
  timeoutMs: number;
  backoff: Backoff;
  limits: ReadLimits;
  /** How long what came first waits for company: spans and logs of one request come a moment apart. */
  gatherMs: number;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** A cursor moved, durably. */
  onMoved(): void;
}

// A batch that makes the exporter throw is its bug; it must not hold the others up for ever.
const MOST_THROWS = 5;

/** Carries the spool to one backend: read, export, settle, move the cursor. Knows nothing of other backends. */
export class Feed {
  readonly #options: FeedOptions;
  #spool!: Spool;
  #ledger = new Ledger(nothingSettled(), {}, noCounts());
  #position = 0;
  #next = 0;
  #batch: Batch | undefined;
  #stop = new AbortController();
  #hurry = new AbortController();
  #running: Promise<void> | undefined;
  #started = false;
  #lastError: string | undefined;
  #cursor: CursorState | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Everything before it is settled, durably. */
  get position(): number {
    return this.#cursor?.position ?? this.#position;
  }

  /** Reads the cursor file. */
  async load(): Promise<void> {
    const state = await readCursor(this.#options.cursorPath);
    if (state instanceof Error) {
      this.#options.log(
        'error',
        `${state.message}: its books start anew, and what the spool still holds is sent again`,
      );
    } else this.#cursor = state;
  }

  /** Finds its place in the spool and counts what is pending. */
  async attach(spool: Spool): Promise<void> {
    this.#spool = spool;
    const cursor = this.#cursor;
    this.#position = Math.max(cursor?.position ?? 0, spool.start);
    const settled = cursor?.settled ?? nothingSettled();
    if (cursor && cursor.position < spool.start) {
      addCounts(settled.dropped, cursor.in_flight);
      this.#position = Math.max(cursor.next, spool.start);
    }
    this.#next = this.#position;
    this.#ledger = new Ledger(settled, cursor?.reasons ?? {}, await spool.count(this.#next, Number.POSITIVE_INFINITY));
    await this.#save();
  }

  /** Records have become durable. */
  receive(counts: Counts): void {
    this.#ledger.receive(counts);
  }

  /** Records before `start` are about to be deleted. What is under way is in memory and goes on. */
  async makeRoom(start: number): Promise<void> {
    if (this.#next < start) {
      const from = this.#next;
      this.#next = start;
      if (!this.#batch) this.#position = start;
      const counts = await this.#spool.count(from, start);
      this.#ledger.drop(counts);
      const total = SIGNALS.reduce((sum, signal) => sum + counts[signal], 0);
      this.#options.log('warn', `the spool is full: ${total} items not delivered to ${this.name} were dropped`);
    }
    await this.#save(start);
  }

  start(): void {
    this.#running ??= this.#run().catch((error) => {
      this.#lastError = toError(error).message;
      this.#options.log('error', `${this.name}: stopped: ${toError(error).stack}`);
    });
  }

  async #run(): Promise<void> {
    if (!(await this.#startExporter())) return;
    while (!this.#stop.signal.aborted) {
      await this.#spool.waitBeyond(this.#next);
      await this.#gather();
      if (this.#stop.signal.aborted) return;
      const from = this.#next;
      const read = await this.#read(from);
      // Its place was deleted to make room while it was read.
      if (!read || this.#next !== from) continue;
      this.#next = read.next;
      this.#ledger.drop(read.lost);
      if (read.records.length > 0) {
        this.#batch = { records: read.records, end: read.next };
        if (!(await this.#deliver(this.#batch))) return;
        this.#ledger.commit();
        this.#batch = undefined;
      }
      this.#position = this.#next;
      await this.#save();
      this.#options.onMoved();
    }
  }

  /** Each batch costs the same few milliseconds of CPU, however small it is. */
  async #gather(): Promise<void> {
    const { clock, gatherMs, limits } = this.#options;
    if (gatherMs === 0 || this.#spool.end - this.#next >= limits.maxBytes) return;
    await clock.timer(gatherMs, this.#stop.signal).catch(() => undefined);
  }

  /** @returns undefined, after a pause, when the disk cannot be read */
  async #read(from: number): Promise<ReadResult | undefined> {
    try {
      return await this.#spool.read(from, this.#options.limits);
    } catch (error) {
      this.#failed(new Error(`the spool cannot be read: ${toError(error).message}`));
      await this.#pause(1, 0);
      return undefined;
    }
  }

  async #startExporter(): Promise<boolean> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      try {
        await this.#options.exporter.start();
        break;
      } catch (error) {
        this.#failed(toError(error));
        await this.#pause(attempt, 0);
      }
    }
    if (this.#stop.signal.aborted) return false;
    this.#started = true;
    this.#lastError = undefined;
    await this.#resume(this.#options.exporter.committed?.());
    return true;
  }

  /** Goes where the backend says it stands. */
  async #resume(committed: number | undefined): Promise<void> {
    if (committed === undefined) return;
    if (committed > this.#spool.end) {
      // Only a spool that was deleted can be behind what was read from it.
      this.#options.log('warn', `${this.name} has data from a spool that is gone; everything in this one is new to it`);
      return;
    }
    const place = Math.max(committed, this.#spool.start);
    if (place > this.#next) this.#ledger.recognise(await this.#spool.count(this.#next, place));
    else if (place < this.#next) this.#ledger.reopen(await this.#spool.count(place, this.#next));
    this.#next = place;
    this.#position = place;
    await this.#save();
  }

  /** @returns false when it was told to stop before the batch was settled */
  async #deliver(batch: Batch): Promise<boolean> {
    let remaining: Batch | undefined = batch;
    let throws = 0;
    for (let attempt = 1; remaining; attempt++) {
      if (this.#stop.signal.aborted) return false;
      let exported: Exported;
      try {
        exported = await this.#exportOnce(remaining);
      } catch (error) {
        if (++throws < MOST_THROWS) exported = { accepted: {}, rejected: [], retry: remaining, error: toError(error) };
        else
          exported = { accepted: {}, rejected: rejectAll(remaining, `the exporter failed: ${toError(error).message}`) };
      }
      this.#settle(remaining, exported);
      remaining = exported.retry && exported.retry.records.length > 0 ? exported.retry : undefined;
      if (remaining) {
        this.#failed(exported.error ?? new Error('asked to come again'));
        await this.#pause(attempt, exported.retryAfterMs ?? 0);
      } else {
        if (this.#lastError) this.#options.log('info', `${this.name} takes data again`);
        this.#lastError = undefined;
      }
    }
    return true;
  }

  async #exportOnce(batch: Batch): Promise<Exported> {
    const { clock, timeoutMs, exporter } = this.#options;
    const settled = new AbortController();
    const timeout = new AbortController();
    clock.timer(timeoutMs, settled.signal).then(
      () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)),
      () => undefined,
    );
    try {
      return await exporter.export(batch, AbortSignal.any([timeout.signal, this.#hurry.signal]));
    } catch (error) {
      if (timeout.signal.aborted) return { accepted: {}, rejected: [], retry: batch, error: timeout.signal.reason };
      if (this.#hurry.signal.aborted) return { accepted: {}, rejected: [], retry: batch, error: toError(error) };
      throw error;
    } finally {
      settled.abort();
    }
  }

  /** Books every item of the batch exactly once, whatever the exporter's arithmetic. */
  #settle(batch: Batch, exported: Exported): void {
    const left = countItemsOf(batch.records);
    addCounts(left, countItemsOf(exported.retry?.records ?? []), -1);
    const take = (signal: keyof Counts, count: number): Partial<Counts> => {
      const taken = Math.max(0, Math.min(count, left[signal]));
      left[signal] -= taken;
      return { [signal]: taken };
    };
    for (const { signal, count, reason } of exported.rejected)
      this.#ledger.settle('rejected', take(signal, count), reason);
    for (const signal of SIGNALS) {
      this.#ledger.settle('filtered', take(signal, exported.filtered?.[signal] ?? 0));
      this.#ledger.settle('delivered', take(signal, exported.accepted[signal] ?? 0));
      if (left[signal] > 0) {
        this.#ledger.settle('rejected', take(signal, left[signal]), 'not accounted for by the exporter');
      }
    }
  }

  #failed(error: Error): void {
    if (this.#lastError !== error.message) this.#options.log('warn', `${this.name}: ${error.message}`);
    this.#lastError = error.message;
  }

  async #pause(attempt: number, retryAfterMs: number): Promise<void> {
    const ms = backoffMs(this.#options.backoff, attempt, this.#options.random, retryAfterMs);
    await this.#options.clock.timer(ms, this.#stop.signal).catch(() => undefined);
  }

  /** One write at a time; a disk that is full keeps nothing from being delivered, the next save makes up for it. */
  async #save(spoolStart = this.#spool.start): Promise<void> {
    const save = this.#writing.then(async () => {
      const overtaken = this.#batch !== undefined && this.#position < spoolStart;
      const state: CursorState = {
        position: this.#position,
        next: this.#next,
        in_flight: overtaken ? countItemsOf(this.#batch!.records) : noCounts(),
        settled: structuredClone(this.#ledger.settled),
        reasons: Object.fromEntries(this.#ledger.reasons),
      };
      await writeCursor(this.#options.cursorPath, state);
      this.#cursor = state;
    });
    this.#writing = save.catch((error) => {
      this.#options.log('error', `${this.name}: its cursor cannot be saved: ${toError(error).message}`);
    });
    await this.#writing;
  }

  /** Makes up for a save that failed; does nothing when the cursor file is up to date. */
  async saveAgain(): Promise<void> {
    if (this.#cursor?.position !== this.#position) await this.#save();
  }

  status(): BackendStatus {
    const { name, type, clock } = this.#options;
    const oldest = this.#batch?.records[0]?.receivedAt;
    return {
      name,
      type,
      healthy: this.#started && this.#lastError === undefined,
      circuit: 'closed',
      retry_at: null,
      last_error: this.#lastError ?? null,
      lag_seconds: oldest === undefined ? 0 : Math.max(0, (clock.now() - oldest) / 1000),
      pending_bytes: Math.max(0, this.#spool.end - Math.max(this.#position, this.#spool.start)),
      delivered_bytes: 0,
      dead_letters: { records: 0, bytes: 0 },
      ledger: this.#ledger.rows(name, type),
      rejections: [...this.#ledger.reasons]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count),
    };
  }

  /** Stops reading, lets the batch under way end or, when `abort` fires, aborts it; then the exporter. */
  async shutdown(abort: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('shutting down'));
    const hurry = () => this.#hurry.abort(new Error('shutting down'));
    if (abort.aborted) hurry();
    abort.addEventListener('abort', hurry, { once: true });
    await this.#running;
    await this.#options.exporter.shutdown(abort).catch((error) => {
      this.#options.log('error', `${this.name}: ${toError(error).message}`);
    });
    abort.removeEventListener('abort', hurry);
  }
}

function rejectAll(batch: Batch, reason: string): Exported['rejected'] {
  const counts = countItemsOf(batch.records);
  return SIGNALS.filter((signal) => counts[signal] > 0).map((signal) => ({ signal, count: counts[signal], reason }));
}
