import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { RingdownError, toError } from '../../../core/errors.ts';
import type { Batch, Exported, SpoolPosition, SpoolRecord } from '../../exporter.ts';
import type { EmbeddedConfig } from './config.ts';
import { addUp, countItems } from './counts.ts';
import { Encoder } from './encode/encoder.ts';
import { fileName, isOfDay, sequenceOf, sizeOnDisk } from './file-name.ts';
import { Mutex } from './mutex.ts';
import { openSoundly } from './open-soundly.ts';
import {
  EMPTY,
  Partition,
  type PartitionState,
  type Query,
  quarantine,
  saysCorrupt,
  saysUnusable,
} from './partition.ts';
import { PartitionFile } from './partition-file.ts';
import { earlier, later } from './values.ts';
import { blamesContent, writeSound } from './write-sound.ts';

const UPKEEP_MS = 30_000;
const IDLE_MS = 60_000;
const ROLL_UP_ROWS = 50_000;
/** A file is closed at this share of the size cap, so that giving up the oldest gives up little. */
const FILES_IN_CAP = 10;

/** One question to one partition; `file` tells partitions apart. */
export type Ask<T> = (query: Query, state: Readonly<PartitionState>, file: string) => Promise<T>;

/**
 * All partitions of one backend. Only the newest is written; it is left for a new one when the day (UTC, of storing)
 * ends or when it reaches a tenth of the size cap. Retention, size cap and quarantine move or delete whole files.
 */
export class Store {
  readonly #config: EmbeddedConfig;
  readonly #clock: Clock;
  readonly #exclusive = new Mutex();
  #entries: PartitionFile[] = [];
  #encoder: Encoder | undefined;
  #running: AbortController | undefined;
  #upkeep: Promise<void> = Promise.resolve();
  #openError: Error | undefined;
  /** The last fault of the disk or of a file, for people. */
  lastError: Error | undefined;
  /** Files moved aside because they could not be read, since start. */
  quarantined = 0;

  constructor(config: EmbeddedConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Never rejects for a fault of the disk: such a store takes nothing in until it is mended. */
  async start(): Promise<void> {
    await this.#exclusive.run(async () => {
      if (this.#running) return;
      const running = new AbortController();
      this.#running = running;
      await this.#tryOpen();
      this.#upkeep = this.#keepUp(running.signal);
    });
  }

  async shutdown(): Promise<void> {
    this.#running?.abort();
    await this.#exclusive.run(async () => {
      this.#running?.abort();
      this.#running = undefined;
      this.#encoder = undefined;
      for (const entry of this.#entries) await entry.close();
      this.#entries = [];
    });
    await this.#upkeep;
  }

  committed(): SpoolPosition | undefined {
    const state = this.#entries.at(-1)?.state;
    return state && state.lastReceived > 0 ? state.highWater : undefined;
  }

  /** Writes what is not written yet. Faults of the disk come back as `retry`. */
  async ingest(batch: Batch, abort: AbortSignal): Promise<Exported> {
    return await this.#exclusive.run(async () => {
      try {
        if (!this.#running) throw new RingdownError('STORE_STOPPED', 'the embedded store is not running');
        abort.throwIfAborted();
        await this.#ensureOpen();
        const exported = await writeSound(batch, (part) => this.#write(part, abort));
        if (exported.error && !abort.aborted) await this.#recover(exported.error);
        else await this.#tidyUp();
        return exported;
      } catch (thrown) {
        const error = toError(thrown);
        if (!abort.aborted) await this.#recover(error);
        return { accepted: {}, rejected: [], retry: batch, error };
      }
    });
  }

  async #write(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const entry = this.#entries.at(-1)!;
    const partition = await entry.opened();
    const { state } = partition;
    // Positions follow the order of receipt, so a record received after everything committed is new even where its
    // position says otherwise: then the spool was lost and began again.
    const isNew = (record: SpoolRecord) => record.position >= state.highWater || record.receivedAt > state.lastReceived;
    const fresh = batch.records.filter(isNew);
    const skipped = countItems(batch.records.filter((record) => !isNew(record)));
    if (fresh.length === 0) return { accepted: skipped, rejected: [] };
    const encoder = this.#encoder!;
    try {
      const encoded = await encoder.encode(fresh, state.batch + 1n);
      abort.throwIfAborted();
      const next = {
        ...state,
        batch: state.batch + 1n,
        highWater: batch.end,
        lastReceived: fresh.reduce((latest, record) => Math.max(latest, record.receivedAt), state.lastReceived),
        firstNs: earlier(encoded.firstNs, state.firstNs),
        lastNs: later(encoded.lastNs, state.lastNs),
      };
      await partition.write(encoded, next, abort);
      entry.state = partition.state;
      encoder.committed();
      return { accepted: addUp(skipped, encoded.accepted), rejected: encoded.rejected };
    } catch (error) {
      encoder.rolledBack();
      throw error;
    }
  }

  /**
   * Asks every partition that holds events of [fromNs, toNs), oldest first. A file that turns out to be damaged is
   * moved aside, and the others answer.
   */
  async ask<T>(fromNs: bigint, toNs: bigint, question: Ask<T>, abort?: AbortSignal): Promise<T[]> {
    if (this.#openError && this.#entries.length === 0) throw this.#openError;
    if (!this.#running) throw new RingdownError('STORE_STOPPED', 'the embedded store is not running');
    const answers: T[] = [];
    for (const entry of [...this.#entries]) {
      if (entry.state.lastNs < fromNs || entry.state.firstNs >= toNs) continue;
      const answer = await this.#askOne(entry, question, abort);
      if (answer) answers.push(answer.value);
    }
    return answers;
  }

  async #askOne<T>(entry: PartitionFile, question: Ask<T>, abort?: AbortSignal): Promise<{ value: T } | undefined> {
    for (let attempt = 1; !entry.gone; attempt++) {
      entry.asking++;
      const partition = await entry.opened().catch(toError);
      try {
        if (partition instanceof Error) throw partition;
        return { value: await partition.read((query) => question(query, partition.state, entry.file), abort) };
      } catch (thrown) {
        abort?.throwIfAborted();
        const error = toError(thrown);
        // Closed between finding and asking it.
        if (!(partition instanceof Error) && partition.closed && attempt < 10) continue;
        if (attempt > 2 || !(saysCorrupt(error) || saysUnusable(error))) throw error;
        await this.#exclusive.run(() => this.#setAside(entry, error));
      } finally {
        entry.asking--;
        entry.lastUsed = this.#clock.monotonic();
        this.#closeExcess(entry);
      }
    }
    return undefined;
  }

  /** DuckDB keeps what it has read of a file, up to its memory limit, so large files are not left open side by side. */
  #closeExcess(asked: PartitionFile): void {
    const { memoryLimitBytes } = this.#config;
    const before = this.#entries.slice(0, -1).filter((entry) => entry !== asked && entry.partition);
    let held = Math.min(sizeOnDisk(asked.file), memoryLimitBytes);
    for (const entry of before.sort((a, b) => b.lastUsed - a.lastUsed)) {
      held += Math.min(sizeOnDisk(entry.file), memoryLimitBytes);
      if (held <= memoryLimitBytes || entry.asking > 0) continue;
      entry.close().catch((error) => {
        this.lastError = toError(error);
      });
    }
  }

  /** When each version of each service was first seen: `service\0version` → nanoseconds. */
  versions(): ReadonlyMap<string, bigint> {
    return this.#encoder?.versions ?? new Map();
  }

  /** Retention, size cap, rollups, closing what nobody asks. Public so that a test need not wait for the timer. */
  async upkeep(): Promise<void> {
    await this.#exclusive.run(async () => {
      const current = this.#entries.at(-1);
      if (!current?.partition) return;
      await this.#rollUp(current.partition);
      await this.#moveOnIfFull();
      await this.#deleteExpired();
      for (const entry of this.#entries.slice(0, -1)) {
        const idle = this.#clock.monotonic() - entry.lastUsed > IDLE_MS;
        if (idle && entry.partition && entry.asking === 0) await entry.close();
      }
    });
  }

  async #keepUp(abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      try {
        await this.#clock.timer(UPKEEP_MS, abort);
        await this.upkeep();
      } catch (thrown) {
        if (abort.aborted) return;
        const error = toError(thrown);
        await this.#exclusive.run(() => this.#recover(error));
      }
    }
  }

  async #deleteExpired(): Promise<void> {
    const oldest = this.#clock.now() - this.#config.retentionMs;
    const current = this.#entries.at(-1)!;
    // A service that fell silent leaves its last file current; it expires like any other.
    if (current.state.lastReceived > 0 && current.state.lastReceived < oldest && current.state.batch > 0n) {
      await this.#addPartition();
    }
    let total = this.#entries.reduce((sum, entry) => sum + sizeOnDisk(entry.file), 0);
    for (const entry of this.#entries.slice(0, -1)) {
      const size = sizeOnDisk(entry.file);
      if (entry.state.lastReceived >= oldest && total <= this.#config.maxSizeBytes) continue;
      await entry.close();
      this.#forget(entry);
      for (const file of [entry.file, `${entry.file}.wal`]) rmSync(file, { force: true });
      total -= size;
    }
  }

  /** Charts read the rows themselves where they are not rolled up, so rows that cannot be keep nothing else waiting. */
  async #rollUp(partition: Partition): Promise<void> {
    try {
      await partition.rollUp();
    } catch (thrown) {
      const error = toError(thrown);
      if (!blamesContent(error)) throw error;
      this.lastError = error;
    }
  }

  /** What a commit may call for. It failing takes nothing back from the commit; upkeep tries again. */
  async #tidyUp(): Promise<void> {
    try {
      const { partition } = this.#entries.at(-1)!;
      if (partition && partition.rowsToRollUp >= ROLL_UP_ROWS) await this.#rollUp(partition);
      await this.#moveOnIfFull();
    } catch (error) {
      await this.#recover(toError(error));
    }
  }

  async #moveOnIfFull(): Promise<void> {
    const entry = this.#entries.at(-1);
    if (!entry || entry.state.batch === 0n) return;
    const dayIsOver = !isOfDay(basename(entry.file), this.#clock.now());
    if (dayIsOver || sizeOnDisk(entry.file) > this.#config.maxSizeBytes / FILES_IN_CAP) await this.#addPartition();
  }

  /** Begins a new file that takes over where the newest one stands, and folds the old one up. */
  async #addPartition(): Promise<void> {
    const before = this.#entries.at(-1);
    if (before?.partition) {
      await this.#rollUp(before.partition);
      before.state = before.partition.state;
    }
    const sequence = (before?.sequence ?? 0) + 1;
    const file = join(this.#config.dataDir, fileName(sequence, this.#clock.now()));
    const partition = await Partition.open(file, this.#config.memoryLimitBytes, {
      ...EMPTY,
      highWater: before?.state.highWater ?? 0,
      lastReceived: before?.state.lastReceived ?? 0,
    });
    this.#entries.push(this.#entry(file, sequence, partition));
    await this.#takeUpNewest();
    // Folded into its file at once, so that it needs no replay when someone asks later.
    if (before) await before.close();
  }

  async #takeUpNewest(): Promise<void> {
    const partition = this.#entries.at(-1)!.partition!;
    const before = this.#entries.at(-2);
    let versions = await partition.versions();
    if (versions.size === 0 && before) {
      versions = await (await before.opened()).versions();
      await partition.saveVersions(versions);
    }
    this.#encoder = new Encoder(await partition.nextIds(), versions);
  }

  async #tryOpen(): Promise<void> {
    try {
      await this.#ensureOpen();
    } catch (error) {
      this.#openError = toError(error);
    }
  }

  async #ensureOpen(): Promise<void> {
    if (this.#encoder && this.#entries.at(-1)?.partition) return;
    mkdirSync(this.#config.dataDir, { recursive: true });
    const found = readdirSync(this.#config.dataDir)
      .map((name) => ({ file: join(this.#config.dataDir, name), sequence: sequenceOf(name) }))
      .filter(({ sequence }) => sequence > 0)
      .sort((a, b) => a.sequence - b.sequence);
    for (const [index, { file, sequence }] of found.entries()) {
      const isNewest = index === found.length - 1;
      const known = this.#entries.find((entry) => entry.file === file);
      if (known && (known.partition || !isNewest)) continue;
      const before = this.#entries.at(known ? -2 : -1)?.state;
      const partition = await openSoundly(file, this.#config.memoryLimitBytes, before, (error, moved) => {
        this.lastError = error;
        this.quarantined += moved;
      });
      if (known) this.#forget(known);
      if (!partition) continue;
      const entry = this.#entry(file, sequence, partition);
      this.#entries.push(entry);
      if (!isNewest) await entry.close();
    }
    const newest = this.#entries.at(-1);
    if (!newest) await this.#addPartition();
    else {
      await newest.opened();
      await this.#takeUpNewest();
    }
    this.#openError = undefined;
  }

  #entry(file: string, sequence: number, partition: Partition): PartitionFile {
    return new PartitionFile(file, sequence, partition, this.#config.memoryLimitBytes, this.#clock.monotonic());
  }

  #forget(entry: PartitionFile): void {
    entry.gone = true;
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** After an error of the file being written: opens it again, which also finds out whether it is damaged. */
  async #recover(error: Error): Promise<void> {
    this.lastError = error;
    if (!saysCorrupt(error) && !saysUnusable(error)) return;
    const current = this.#entries.at(-1);
    if (current) await this.#setAside(current, error);
    await this.#tryOpen();
  }

  async #setAside(entry: PartitionFile, error: Error): Promise<void> {
    if (entry.gone) return;
    const isCurrent = entry === this.#entries.at(-1);
    await entry.close();
    if (saysCorrupt(error)) {
      this.#forget(entry);
      if (quarantine(entry.file, `${entry.file}.wal`).length > 0) this.quarantined++;
    }
    if (isCurrent) {
      this.#encoder = undefined;
      await this.#tryOpen();
    }
  }
}
