import type { Clock } from '../../../core/clock.ts';
import { RingdownError, toError } from '../../../core/errors.ts';
import type { Backoff } from '../../../core/retry.ts';
import type { Exporter, SpoolRecord } from '../../exporter.ts';
import type { BackendStatus } from '../../telemetry.ts';
import { addCounts, type Counts, noCounts, SIGNALS } from '../counts.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { type Replayed, replay } from '../dead-letters/replay.ts';
import type { Shape, Shaped } from '../shaping/shape.ts';
import type { ReadResult, Spool } from '../spool/spool.ts';
import { Cursor } from './cursor.ts';
import { type CursorState, nothingSettled } from './cursor-file.ts';
import { Delivery, type DeliveryCounters } from './delivery.ts';
import { type Flight, flightOf } from './flight.ts';
import { Flights } from './flights.ts';
import { type Booking, Ledger, OUTCOMES } from './ledger.ts';
import type { QueueSettings } from './queue-settings.ts';
import type { Settlement } from './settlement.ts';

export interface FeedOptions {
  name: string;
  type: string;
  exporter: Exporter;
  cursorPath: string;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  queue: QueueSettings;
  backoff: Backoff;
  /** How long what came first waits for company: spans and logs of one request come a moment apart. */
  gatherMs: number;
  /** Filters, samples and redacts; absent where the backend takes everything as it is. */
  shape?: Shape | undefined;
  deadLetters: DeadLetters;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** A cursor moved, durably. */
  onMoved(): void;
}

/**
 * Carries the spool to one backend: read, shape, export, settle, move the cursor. Knows nothing of other backends.
 * Several batches may be under way; the cursor moves past a batch once everything before it is settled too.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #delivery: Delivery;
  /** A backend that keeps the cursor itself moves it batch by batch. */
  readonly #concurrency: number;
  #spool!: Spool;
  #ledger = new Ledger(nothingSettled(), {}, noCounts());
  /** Where reading goes on. */
  #next = 0;
  readonly #flights = new Flights();
  #flying = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  readonly #cursor: Cursor;
  /** Records before it are deleted, or about to be. */
  #roomStart = 0;
  /** Dead letters whose replay is in the books while they may still lie on disk. */
  #replayed: string[] = [];
  #replaying = false;
  /** When the oldest record came that nobody has read yet; asked only while nothing is read. */
  #oldestUnread: number | undefined;
  #deliveredBytes = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#concurrency = options.exporter.committed ? 1 : options.queue.concurrency;
    const { timeoutMs } = options.queue;
    this.#delivery = new Delivery({ ...options, timeoutMs, concurrency: this.#concurrency });
    this.#cursor = new Cursor({
      path: options.cursorPath,
      state: () => this.#state(),
      onTrouble: (message) => options.log('error', `${options.name}: ${message}`),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  get type(): string {
    return this.#options.type;
  }

  /** Everything before it is settled, durably. */
  get position(): number {
    return this.#cursor.saved?.position ?? this.#settledUpTo;
  }

  get #settledUpTo(): number {
    return this.#flights.first?.from ?? this.#next;
  }

  get counters(): DeliveryCounters {
    return this.#delivery.counters;
  }

  /** Bytes of batches under way, as they lie in the spool. */
  get bytesUnderWay(): number {
    return this.#flights.bytes;
  }

  get deadLetters(): DeadLetters {
    return this.#options.deadLetters;
  }

  /** Reads the cursor file. */
  load(): Promise<void> {
    return this.#cursor.load();
  }

  /** Finds its place in the spool and counts what is pending. */
  async attach(spool: Spool): Promise<void> {
    this.#spool = spool;
    const cursor = this.#cursor.saved;
    this.#roomStart = Math.max(cursor?.gone_before ?? 0, spool.start);
    this.#next = Math.max(cursor?.position ?? 0, this.#roomStart);
    const settled = cursor?.settled ?? nothingSettled();
    if (cursor && cursor.position < this.#roomStart) addCounts(settled.dropped, cursor.in_flight);
    this.#ledger = new Ledger(settled, cursor?.reasons ?? {}, await spool.count(this.#next, Number.POSITIVE_INFINITY));
    const { deadLetters, exporter } = this.#options;
    if (cursor?.replayed) await deadLetters.remove(cursor.replayed);
    // One that keeps its own place may be past what the cursor says, and says so once it has started.
    if (!exporter.committed) await this.#forgetLetters();
    await this.#cursor.save();
  }

  /** Records have become durable. */
  receive(counts: Counts): void {
    this.#ledger.receive(counts);
  }

  /** Records before `start` are about to be deleted. What is under way is in memory and goes on. */
  async makeRoom(start: number): Promise<void> {
    this.#roomStart = start;
    if (this.#next < start) {
      const from = this.#next;
      this.#next = start;
      const counts = await this.#spool.count(from, start);
      this.#ledger.drop(counts);
      const total = SIGNALS.reduce((sum, signal) => sum + counts[signal], 0);
      this.#options.log('warn', `the spool is full: ${total} items not delivered to ${this.name} were dropped`);
    }
    await this.#cursor.save();
  }

  start(): void {
    this.#running ??= this.#run().catch((error) => this.#broke(toError(error)));
  }

  #broke(error: Error): void {
    this.#delivery.failed(error);
    this.#options.log('error', `${this.name}: stopped: ${error.stack}`);
  }

  async #run(): Promise<void> {
    await this.#peek();
    if (!(await this.#delivery.start())) return;
    this.#oldestUnread = undefined;
    await this.#resume(this.#options.exporter.committed?.());
    const stopping = this.#delivery.stopping;
    while (!stopping.aborted) {
      while (this.#flights.isFull(this.#concurrency) && !stopping.aborted) await Promise.race(this.#flying);
      if (stopping.aborted) break;
      await this.#spool.waitBeyond(this.#next);
      await this.#gather();
      if (stopping.aborted) break;
      const from = this.#next;
      const read = await this.#read(from);
      // Its place was deleted to make room while it was read.
      if (!read || this.#next !== from) continue;
      this.#next = read.next;
      this.#launch(flightOf(from, read, this.#options.clock.now()), read);
    }
    await Promise.all(this.#flying);
  }

  #launch(flight: Flight, { records, lost }: ReadResult): void {
    this.#flights.add(flight);
    const dropped = { settled: { ...nothingSettled(), dropped: lost }, reasons: new Map() };
    this.#ledger.book(flight.booking, dropped);
    const flying = this.#fly(flight, records)
      .catch((error) => {
        this.#broke(toError(error));
        this.#delivery.stop(AbortSignal.abort());
      })
      .finally(() => this.#flying.delete(flying));
    this.#flying.add(flying);
  }

  async #fly(flight: Flight, records: SpoolRecord[]): Promise<void> {
    const shaped = this.#options.shape?.(records);
    if (shaped) await this.#book(flight, settlementOf(shaped));
    const kept = shaped ? shaped.records : records;
    if (kept.length > 0) {
      const batch = { records: kept, end: flight.end };
      if (!(await this.#delivery.carry(batch, (part) => this.#book(flight, part)))) return;
    }
    flight.done = true;
    this.#deliveredBytes += flight.bytes;
    for (const booking of this.#flights.land()) this.#ledger.commit(booking);
    await this.#moved();
  }

  async #book(flight: Flight, part: Settlement): Promise<void> {
    if (part.refused.length > 0) await this.#options.deadLetters.keep(part.refused);
    this.#ledger.book(flight.booking, part);
  }

  async #moved(): Promise<void> {
    await this.#cursor.save();
    this.#options.onMoved();
  }

  /** Each batch costs the same few milliseconds of CPU, however small it is. */
  async #gather(): Promise<void> {
    const { clock, gatherMs, queue } = this.#options;
    if (gatherMs === 0 || this.#spool.end - this.#next >= queue.limits.maxBytes) return;
    await clock.timer(gatherMs, this.#delivery.stopping).catch(() => undefined);
  }

  /** @returns undefined, after a pause, when the disk cannot be read */
  async #read(from: number): Promise<ReadResult | undefined> {
    try {
      return await this.#spool.read(from, this.#options.queue.limits);
    } catch (error) {
      this.#delivery.failed(new Error(`the spool cannot be read: ${toError(error).message}`));
      const { clock, backoff } = this.#options;
      await clock.timer(backoff.firstMs, this.#delivery.stopping).catch(() => undefined);
      return undefined;
    }
  }

  /** How old is what waits, told while the exporter cannot be started. */
  async #peek(): Promise<void> {
    const read = await this.#spool.read(this.#next, { maxItems: 1, maxBytes: 64 * 2 ** 10 }).catch(() => undefined);
    this.#oldestUnread = read?.records[0]?.receivedAt ?? this.#options.clock.now();
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
    const [from, to] = [Math.min(place, this.#next), Math.max(place, this.#next)];
    const counts = await this.#spool.count(from, to);
    const leftOut = await this.#leftOut(from, to);
    if (place < this.#next) this.#ledger.reopen(counts, leftOut);
    else this.#ledger.recognise(counts, await this.#knownOf(from, to, leftOut));
    this.#next = place;
    await this.#forgetLetters();
    await this.#cursor.save();
  }

  /** What is known to have ended otherwise than delivered, of what a backend is past. */
  async #knownOf(from: number, to: number, leftOut: Counts): Promise<Booking> {
    const known: Booking = { settled: { ...nothingSettled(), filtered: leftOut }, reasons: new Map() };
    const { deadLetters } = this.#options;
    for (const id of deadLetters.ids.filter((each) => Number(each) >= from && Number(each) < to)) {
      const letter = await deadLetters.read(id);
      for (const [reason, count] of letter?.reasons ?? []) {
        known.settled.rejected[letter!.record.signal] += count;
        known.reasons.set(reason, (known.reasons.get(reason) ?? 0) + count);
      }
    }
    return known;
  }

  /** What a crash kept from coming into the books is handed over again, and may be refused again. */
  async #forgetLetters(): Promise<void> {
    const { deadLetters } = this.#options;
    await deadLetters.remove(deadLetters.ids.filter((id) => Number(id) >= this.#next));
  }

  /** Items between two places that the filter leaves out. */
  async #leftOut(from: number, to: number): Promise<Counts> {
    const counts = noCounts();
    const { shape, queue } = this.#options;
    for (let at = from; shape && at < to; ) {
      const { records, next } = await this.#spool.read(at, queue.limits);
      if (next <= at) break;
      addCounts(counts, shape(records.filter(({ position }) => position < to)).filtered);
      at = next;
    }
    return counts;
  }

  /**
   * Hands dead letters over once more, beside what is under way; neither order nor cursor notice.
   * @param ids all of them when absent
   * @throws RingdownError `CANNOT_REPLAY`, `REPLAY_RUNNING`, `BACKEND_AWAY`
   */
  async replay(ids: readonly string[] | undefined, abort: AbortSignal): Promise<Replayed> {
    const { exporter, deadLetters, queue, shape } = this.#options;
    if (exporter.committed) {
      throw new RingdownError('CANNOT_REPLAY', `${this.name} keeps its place in the stream itself`, {
        hint: 'what it refused once comes before that place, so it would take it for something it has',
      });
    }
    if (this.#replaying) throw new RingdownError('REPLAY_RUNNING', `a replay to ${this.name} is under way`);
    const { circuit, retryAt, lastError } = this.#delivery.state;
    if (circuit !== 'closed') {
      const when = retryAt === undefined ? 'now' : `at ${new Date(retryAt).toISOString()}`;
      throw new RingdownError('BACKEND_AWAY', `${this.name} does not take data: ${lastError}; it is tried ${when}`);
    }
    this.#replaying = true;
    try {
      return await replay({
        deadLetters,
        limits: queue.limits,
        // Those of batches that wait for an earlier one are not in the books yet, and a crash brings their records again.
        ids: (ids ?? deadLetters.ids).filter((id) => Number(id) < this.#settledUpTo),
        abort,
        shape,
        exportOnce: (batch) => this.#delivery.once(batch, abort),
        settle: async (before, now, settledIds) => {
          this.#ledger.replay(before, now);
          this.#replayed = settledIds;
          await this.#cursor.save();
        },
        settled: () => {
          this.#replayed = [];
        },
      });
    } finally {
      this.#replaying = false;
    }
  }

  #state(): CursorState {
    const settled = structuredClone(this.#ledger.settled);
    const reasons = new Map(this.#ledger.reasons);
    const start = Math.max(this.#spool.start, this.#roomStart);
    const { ended, lost } = this.#flights.overtakenBy(start);
    for (const outcome of OUTCOMES) addCounts(settled[outcome], ended.settled[outcome]);
    for (const [reason, count] of ended.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    return {
      position: this.#settledUpTo,
      next: this.#next,
      in_flight: lost,
      gone_before: start,
      settled,
      reasons: Object.fromEntries(reasons),
      ...(this.#replayed.length > 0 ? { replayed: this.#replayed } : {}),
    };
  }

  /** Makes up for a save that failed; writes nothing when the cursor file is up to date. */
  async saveAgain(): Promise<void> {
    await this.#cursor.written();
    if (this.#cursor.saved?.position !== this.#settledUpTo) await this.#cursor.save();
  }

  status(): BackendStatus {
    const { name, type, clock, deadLetters } = this.#options;
    const { healthy, lastError, circuit, retryAt } = this.#delivery.state;
    const pendingBytes = Math.max(0, this.#spool.end - Math.max(this.#settledUpTo, this.#spool.start));
    const oldest = this.#flights.first?.receivedAt ?? (pendingBytes > 0 ? this.#oldestUnread : undefined);
    return {
      name,
      type,
      healthy,
      circuit,
      retry_at: retryAt === undefined ? null : new Date(retryAt).toISOString(),
      last_error: lastError ?? null,
      lag_seconds: oldest === undefined ? 0 : Math.max(0, (clock.now() - oldest) / 1000),
      pending_bytes: pendingBytes,
      delivered_bytes: this.#deliveredBytes,
      dead_letters: deadLetters.size,
      ledger: this.#ledger.rows(name, type),
      rejections: [...this.#ledger.reasons]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count),
    };
  }

  /** Stops reading, lets batches under way end or, when `abort` fires, aborts them; then the exporter. */
  async shutdown(abort: AbortSignal): Promise<void> {
    this.#delivery.stop(abort);
    await this.#running;
    await this.#options.exporter.shutdown(abort).catch((error) => {
      this.#options.log('error', `${this.name}: ${toError(error).message}`);
    });
    await this.#cursor.written();
    await this.#options.deadLetters.close();
  }
}

/** What shaping settles before anything is sent. */
function settlementOf({ filtered, refused, reasons }: Shaped): Settlement {
  const settled = nothingSettled();
  addCounts(settled.filtered, filtered);
  for (const { record } of refused) settled.rejected[record.signal] += record.items;
  return { settled, reasons, refused };
}
