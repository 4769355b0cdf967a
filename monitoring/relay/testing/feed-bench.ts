import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Batch, Exported, Exporter } from '../../exporter.ts';
import { countItemsOf, noCounts } from '../counts.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { Feed, type FeedOptions } from '../fan-out/feed.ts';
import type { NewRecord } from '../spool/record.ts';
import { Spool } from '../spool/spool.ts';

/** A disk that others keep busy takes its time. */
const PATIENCE_MS = 20_000;

export type Behaviour = (batch: Batch, abort: AbortSignal) => Promise<Exported> | Exported;

export function exporterOf(behaviour: Behaviour, more: Partial<Exporter> = {}): Exporter {
  return {
    start: async () => undefined,
    shutdown: async () => undefined,
    export: async (batch, abort) => behaviour(batch, abort),
    ...more,
  };
}

export const takeAll: Behaviour = (batch) => ({ accepted: countItemsOf(batch.records), rejected: [] });

export const refuseAll: Behaviour = (batch) => ({
  accepted: {},
  rejected: batch.records.map(({ signal, items, position }) => ({
    signal,
    count: items,
    reason: 'too long',
    position,
  })),
});

export const fullAlways: Behaviour = (batch) => ({
  accepted: {},
  rejected: [],
  retry: batch,
  error: new Error('full'),
});

/** A spool with feeds in a folder of its own, on a clock that tests move. */
export class FeedBench {
  readonly folder: string;
  readonly clock = new VirtualClock();
  readonly logged: string[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<FeedBench> {
    return new FeedBench(await mkdtemp(join(tmpdir(), 'ringdown-feed-')));
  }

  /** What a crash leaves at this moment, in a folder of its own. */
  async crash(feeds: Feed[]): Promise<FeedBench> {
    await Promise.all(feeds.map((feed) => feed.saveAgain()));
    const left = await FeedBench.open();
    await cp(this.folder, left.folder, { recursive: true });
    return left;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async feed(name: string, exporter: Exporter, more: Partial<FeedOptions> = {}): Promise<Feed> {
    const { clock, folder } = this;
    const log = (_: unknown, message: string) => void this.logged.push(message);
    return new Feed({
      name,
      type: 'test',
      exporter,
      cursorPath: join(folder, `${name}.json`),
      clock,
      random: () => 0.5,
      queue: { timeoutMs: 1_000, limits: { maxItems: 100, maxBytes: 1 << 20 }, concurrency: 1 },
      backoff: { firstMs: 100, maxMs: 1_000 },
      gatherMs: 0,
      deadLetters: await DeadLetters.open({ folder: join(folder, 'dead-letters', name), backend: name, clock, log }),
      log,
      onMoved: () => undefined,
      ...more,
    });
  }

  /** A spool that these feeds read. @param onDropped between the books that say what is deleted and the deletion */
  async relay(feeds: Feed[], maxBytes = 1 << 30, onDropped?: () => Promise<void>): Promise<Spool> {
    for (const feed of feeds) await feed.load();
    const spool = await Spool.open({
      folder: join(this.folder, 'spool'),
      maxBytes,
      startAt: 0,
      onAppended: (records) => {
        const counts = noCounts();
        for (const record of records) counts[record.signal] += record.items;
        for (const feed of feeds) feed.receive(counts);
      },
      onDrop: async (start) => {
        for (const feed of feeds) await feed.makeRoom(start);
        await onDropped?.();
      },
      onDamage: (message) => this.logged.push(message),
    });
    for (const feed of feeds) await feed.attach(spool);
    return spool;
  }

  async close(spool: Spool, feeds: Feed[]): Promise<void> {
    const stopped = Promise.all(feeds.map((feed) => feed.shutdown(AbortSignal.abort())));
    await spool.close();
    let closed = false;
    const closing = stopped.then(() => {
      closed = true;
    });
    await this.until(() => closed, 100);
    await closing;
  }

  append(spool: Spool, items: number, more: Partial<NewRecord> = {}): Promise<number> {
    return spool.append({
      signal: 'traces',
      encoding: 'otlp',
      items,
      receivedAt: this.clock.now(),
      bytes: Buffer.alloc(10),
      ...more,
    });
  }

  /** Lets real disk I/O and virtual timers go on until it is so. */
  async until(isSo: () => boolean, stepMs = 0): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > end) throw new Error(`it never became so: ${this.logged.slice(-5).join('; ')}`);
      await this.clock.advance(stepMs);
    }
  }
}

/** The traces line of the ledger; checks the invariant on every look. */
export function ledgerOf(feed: Feed) {
  const { ledger: rows } = feed.status();
  for (const { signal, received, delivered, pending, rejected, dropped, filtered } of rows) {
    const sum = delivered + pending + rejected + dropped + filtered;
    const least = Math.min(delivered, pending, rejected, dropped, filtered);
    if (received !== sum || least < 0) throw new Error(`the books of ${signal} do not agree: ${JSON.stringify(rows)}`);
  }
  const { received, delivered, pending, rejected, dropped, filtered } = rows[0]!;
  return { received, delivered, pending, rejected, dropped, filtered };
}
