import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import type { Backend } from '../exporter.ts';
import type { Reader } from '../reader.ts';
import type { Source, SourceKind, SourceSettings, SourceStatus } from '../sources/source.ts';
import type { BackendStatus, DeadLetter, ReceiverStatus } from '../telemetry.ts';
import { noCounts } from './counts.ts';
import { lockFolder } from './data-lock.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import type { Replayed } from './dead-letters/replay.ts';
import { highestPosition } from './fan-out/cursor-file.ts';
import { Feed } from './fan-out/feed.ts';
import { readQueue } from './fan-out/queue-settings.ts';
import { type Ports, Receivers } from './receivers/index.ts';
import { type CompleteSettings, isLoopback, type RelaySettings, withDefaults } from './settings.ts';
import { createShape } from './shaping/shape.ts';
import type { NewRecord } from './spool/record.ts';
import { Spool } from './spool/spool.ts';

export interface ServiceDeps {
  clock: Clock;
  random: () => number;
  loadBackend(type: string): Promise<Backend>;
  loadSource(type: string): Promise<SourceKind>;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** How long a predecessor that is ending may hold the folder. */
  lockWaitMs?: number;
}

export interface RelayStatus {
  backends: BackendStatus[];
  receiver: ReceiverStatus;
  sources: SourceStatus[];
  counters: RelayCounters;
}

/** How the relay itself does, since it started. */
export interface RelayCounters {
  /** Resident memory of the process. */
  rss_bytes: number;
  spool: { records: number; bytes: number; syncs: number; sync_seconds: number; failed_writes: number };
  backends: {
    name: string;
    /** Calls of its exporter, and those of which at least a part had to come again. */
    exports: number;
    retries: number;
    export_seconds: number;
    /** Of batches that are in memory, as they lie in the spool. */
    under_way_bytes: number;
  }[];
}

const GATHER_MS = 25;
const BACKOFF = { firstMs: 500, maxMs: 60_000 };
/** Before anything is listened to. */
const NOTHING_RECEIVED: ReceiverStatus = {
  otlp_requests: 0,
  otlp_refused: 0,
  statsd_packets: 0,
  statsd_malformed: 0,
  statsd_socket_drops: null,
  spool_bytes: 0,
};

/** The relay in one process: receivers and sources → spool → one feed per backend. */
export class RelayService {
  readonly #settings: CompleteSettings;
  readonly #deps: ServiceDeps;
  #unlock: (() => void) | undefined;
  #spool: Spool | undefined;
  #feeds: Feed[] = [];
  #receivers: Receivers | undefined;
  #sources: Source[] = [];
  readonly #readers = new Map<string, Reader>();

  constructor(settings: RelaySettings, deps: ServiceDeps) {
    this.#settings = withDefaults(settings);
    this.#deps = deps;
  }

  /**
   * Opens everything and listens.
   * @throws RingdownError `OTLP_TOKEN_REQUIRED`, `DATA_DIR_IN_USE`, those of the receivers, or a backend's own
   */
  async start(): Promise<Ports> {
    const { dataDir, host, otlpToken, backends, sources } = this.#settings;
    if (!isLoopback(host) && !otlpToken) {
      throw new RingdownError('OTLP_TOKEN_REQUIRED', `the OTLP receiver must not listen on ${host} without a token`, {
        hint: 'set a token, or listen on 127.0.0.1',
        exitCode: EXIT.usage,
      });
    }
    const cursors = join(dataDir, 'cursors');
    await mkdir(cursors, { recursive: true });
    this.#unlock = await lockFolder(dataDir, this.#deps.clock, this.#deps.lockWaitMs ?? 10_000);
    for (const settings of backends) await this.#addFeed(settings, cursors);
    for (const settings of sources) await this.#addSource(settings);
    for (const feed of this.#feeds) await feed.load();
    this.#spool = await this.#openSpool(await highestPosition(cursors));
    for (const feed of this.#feeds) await feed.attach(this.#spool);
    this.#release();
    const ports = await this.#listen();
    for (const feed of this.#feeds) feed.start();
    for (const source of this.#sources) await source.start();
    return ports;
  }

  async #addFeed(settings: CompleteSettings['backends'][number], cursors: string): Promise<void> {
    const { clock, random, log, loadBackend } = this.#deps;
    const { name, type, dataDir } = settings;
    const backend = await loadBackend(type);
    const queue = readQueue(settings, this.#settings.exportTimeoutMs);
    const shape = createShape(settings);
    const { exporter, reader } = backend.create(settings);
    if (reader) this.#readers.set(name, reader);
    await mkdir(dataDir, { recursive: true });
    const key = encodeURIComponent(name);
    const folder = join(this.#settings.dataDir, 'dead-letters', key);
    const deadLetters = await DeadLetters.open({ folder, backend: name, clock, log });
    const cursorPath = join(cursors, `${key}.json`);
    const onMoved = () => this.#release();
    const common = { name, type, exporter, cursorPath, clock, random, queue, shape, deadLetters, log, onMoved };
    this.#feeds.push(new Feed({ ...common, backoff: BACKOFF, gatherMs: GATHER_MS }));
  }

  #openSpool(startAt: number): Promise<Spool> {
    return Spool.open({
      folder: join(this.#settings.dataDir, 'spool'),
      maxBytes: this.#settings.spoolMaxBytes,
      startAt,
      onAppended: (records) => this.#received(records),
      onDrop: async (start) => {
        await Promise.all(this.#feeds.map((feed) => feed.makeRoom(start)));
      },
      onDamage: (message) => this.#deps.log('error', message),
    });
  }

  #received(records: readonly NewRecord[]): void {
    const counts = noCounts();
    for (const record of records) counts[record.signal] += record.items;
    for (const feed of this.#feeds) feed.receive(counts);
  }

  /** What every backend has settled needs no place on disk. */
  #release(): void {
    const passed = Math.min(...this.#feeds.map((feed) => feed.position), this.#spool!.end);
    this.#spool!.release(passed).catch((error) => this.#deps.log('error', `spool: ${error.message}`));
  }

  /** A full disk may be full of what every backend has: giving up a write sealed the segment, so it can go now. */
  #freeSpace(): void {
    void Promise.all(this.#feeds.map((feed) => feed.saveAgain())).then(() => this.#release());
  }

  #listen(): Promise<Ports> {
    const { clock, log } = this.#deps;
    this.#receivers = new Receivers({ ...this.#settings, clock, log, append: (record) => this.#append(record) });
    return this.#receivers.listen();
  }

  async #append(record: NewRecord): Promise<void> {
    try {
      await this.#spool!.append(record);
    } catch (error) {
      this.#freeSpace();
      throw error;
    }
  }

  async #addSource(settings: SourceSettings): Promise<void> {
    const { clock, random, log, loadSource } = this.#deps;
    const kind = await loadSource(settings.type);
    await mkdir(settings.dataDir, { recursive: true });
    this.#sources.push(kind.create(settings, { clock, random, log, append: (record) => this.#append(record) }));
  }

  /**
   * @param backend the first that can be read where absent
   * @throws RingdownError `UNKNOWN_BACKEND`, `CANNOT_READ`
   */
  reader(backend?: string): Reader {
    const reader = backend === undefined ? [...this.#readers.values()][0] : this.#readers.get(backend);
    if (reader) return reader;
    if (backend === undefined) throw new RingdownError('CANNOT_READ', 'no backend can be asked');
    const { name, type } = this.#feed(backend);
    throw new RingdownError('CANNOT_READ', `${name} cannot be asked: a backend of type ${type} is only written to`, {
      hint: this.#readers.size > 0 ? `backends that can be asked: ${[...this.#readers.keys()].join(', ')}` : '',
    });
  }

  /** What a backend refused for good, the newest first. @throws RingdownError `UNKNOWN_BACKEND` */
  deadLetters(backend: string, limit: number): Promise<DeadLetter[]> {
    return this.#feed(backend).deadLetters.list(limit);
  }

  /**
   * Hands dead letters over once more, all of them where no ids are given.
   * @throws RingdownError `UNKNOWN_BACKEND`, `CANNOT_REPLAY`, `REPLAY_RUNNING`, `BACKEND_AWAY`
   */
  replay(backend: string, ids: readonly string[] | undefined, abort: AbortSignal): Promise<Replayed> {
    return this.#feed(backend).replay(ids, abort);
  }

  #feed(backend: string): Feed {
    const feed = this.#feeds.find(({ name }) => name === backend);
    if (feed) return feed;
    throw new RingdownError('UNKNOWN_BACKEND', `there is no backend "${backend}"`, {
      hint: `there are: ${this.#feeds.map(({ name }) => name).join(', ')}`,
    });
  }

  async status(): Promise<RelayStatus> {
    return {
      backends: this.#feeds.map((feed) => feed.status()),
      receiver: { ...NOTHING_RECEIVED, ...(await this.#receivers?.status()), spool_bytes: this.#spool?.bytes ?? 0 },
      sources: this.#sources.map((source) => source.status()),
      counters: this.#counters(),
    };
  }

  #counters(): RelayCounters {
    const { records = 0, bytes = 0, syncs = 0, syncSeconds = 0, failedWrites = 0 } = this.#spool?.counters ?? {};
    return {
      rss_bytes: process.memoryUsage.rss(),
      spool: { records, bytes, syncs, sync_seconds: syncSeconds, failed_writes: failedWrites },
      backends: this.#feeds.map(({ name, bytesUnderWay, counters: { exports, retries, exportSeconds } }) => ({
        name,
        exports,
        retries,
        export_seconds: exportSeconds,
        under_way_bytes: bytesUnderWay,
      })),
    };
  }

  /** Stops receiving, writes what was received, lets exporters end their batch until `abort` fires. */
  async shutdown(abort: AbortSignal): Promise<void> {
    await Promise.all([this.#receivers?.close(abort), ...this.#sources.map((source) => source.shutdown(abort))]);
    const stopped = Promise.all(this.#feeds.map((feed) => feed.shutdown(abort)));
    await this.#spool?.close();
    await stopped;
    this.#unlock?.();
  }
}
