import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Batch, Exported, Exporter } from '../../exporter.ts';
import { countItemsOf, noCounts } from '../counts.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { Spool } from '../spool/spool.ts';
import { Feed, type FeedOptions } from './feed.ts';

let folder: string;
let clock: VirtualClock;
let logged: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-feed-'));
  clock = new VirtualClock();
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Behaviour = (batch: Batch, abort: AbortSignal) => Promise<Exported> | Exported;

function exporterOf(behaviour: Behaviour, more: Partial<Exporter> = {}): Exporter {
  return {
    start: async () => undefined,
    shutdown: async () => undefined,
    export: async (batch, abort) => behaviour(batch, abort),
    ...more,
  };
}

const takeAll: Behaviour = (batch) => ({ accepted: countItemsOf(batch.records), rejected: [] });

async function feedOf(name: string, exporter: Exporter, more: Partial<FeedOptions> = {}): Promise<Feed> {
  const log = (_: unknown, message: string) => void logged.push(message);
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

async function relayOf(feeds: Feed[], maxBytes = 1 << 30): Promise<Spool> {
  for (const feed of feeds) await feed.load();
  const spool = await Spool.open({
    folder: join(folder, 'spool'),
    maxBytes,
    startAt: 0,
    onAppended: (records) => {
      const counts = noCounts();
      for (const record of records) counts[record.signal] += record.items;
      for (const feed of feeds) feed.receive(counts);
    },
    onDrop: async (start) => {
      for (const feed of feeds) await feed.makeRoom(start);
    },
    onDamage: (message) => logged.push(message),
  });
  for (const feed of feeds) await feed.attach(spool);
  return spool;
}

async function close(spool: Spool, feeds: Feed[]): Promise<void> {
  const stopped = feeds.map((feed) => feed.shutdown(AbortSignal.abort()));
  await spool.close();
  await Promise.all(stopped);
}

function append(spool: Spool, items: number, bytes = 10): Promise<number> {
  return spool.append({
    signal: 'traces',
    encoding: 'otlp',
    items,
    receivedAt: clock.now(),
    bytes: Buffer.alloc(bytes),
  });
}

/** The traces line of the ledger; checks the invariant on every look. */
function ledger(feed: Feed) {
  const { ledger: rows } = feed.status();
  for (const { received, delivered, pending, rejected, dropped, filtered } of rows) {
    expect(received).toBe(delivered + pending + rejected + dropped + filtered);
    expect(Math.min(delivered, pending, rejected, dropped, filtered)).toBeGreaterThanOrEqual(0);
  }
  const { received, delivered, pending, rejected, dropped, filtered } = rows[0]!;
  return { received, delivered, pending, rejected, dropped, filtered };
}

/** Lets real disk I/O and virtual timers go on until it is so. */
async function until(isSo: () => boolean, stepMs = 0): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn > 3_000) throw new Error('it never became so');
    await clock.advance(stepMs);
  }
}

test('a dead backend costs the other nothing, and catches up once it lives', async () => {
  let dead = true;
  const sick = await feedOf(
    'sick',
    exporterOf((batch, abort) =>
      dead ? { accepted: {}, rejected: [], retry: batch, error: new Error('refused') } : takeAll(batch, abort),
    ),
  );
  const well = await feedOf('well', exporterOf(takeAll));
  const spool = await relayOf([sick, well]);
  sick.start();
  well.start();
  for (let index = 0; index < 20; index++) await append(spool, 10);
  await until(() => ledger(well).delivered === 200);
  await until(() => sick.status().last_error !== null);
  expect(ledger(sick)).toMatchObject({ received: 200, delivered: 0, pending: 200 });
  await clock.advance(5_000);
  expect(sick.status()).toMatchObject({ healthy: false, last_error: 'refused', lag_seconds: 5 });
  dead = false;
  await until(() => ledger(sick).delivered === 200, 100);
  expect(sick.status()).toMatchObject({ healthy: true, lag_seconds: 0, pending_bytes: 0 });
  await close(spool, [sick, well]);
});

test('what comes a moment apart shares a batch; a batch that is full waits for nothing', async () => {
  const sizes: number[] = [];
  const feed = await feedOf(
    'gathering',
    exporterOf((batch, abort) => {
      sizes.push(batch.records.length);
      return takeAll(batch, abort);
    }),
    { gatherMs: 5 },
  );
  const spool = await relayOf([feed]);
  feed.start();
  await until(() => feed.status().healthy);
  await append(spool, 1);
  await append(spool, 1);
  expect(sizes).toEqual([]);
  await until(() => sizes.length > 0, 5);
  await append(spool, 1, 1 << 20);
  await until(() => sizes.length > 1);
  expect(sizes).toEqual([2, 1]);
  await close(spool, [feed]);
});

test('every item is booked once: accepted, filtered, rejected with its reason, retried, or not accounted for', async () => {
  let calls = 0;
  const feed = await feedOf(
    'mixed',
    exporterOf((batch) => {
      calls++;
      if (calls > 1) return { accepted: { traces: 99 }, rejected: [] };
      const retry = { records: [batch.records[0]!], end: batch.end };
      return {
        accepted: { traces: 3 },
        filtered: { traces: 2 },
        rejected: [{ signal: 'traces', count: 4, reason: 'too long' }],
        retry,
        retryAfterMs: 10_000,
      };
    }),
  );
  const spool = await relayOf([feed]);
  await append(spool, 5);
  await append(spool, 10);
  feed.start();
  await until(() => calls === 1 && ledger(feed).pending === 5);
  expect(ledger(feed)).toEqual({ received: 15, delivered: 3, pending: 5, rejected: 5, dropped: 0, filtered: 2 });
  await clock.advance(9_999);
  expect(calls).toBe(1);
  await until(() => ledger(feed).pending === 0, 1);
  expect(ledger(feed)).toEqual({ received: 15, delivered: 8, pending: 0, rejected: 5, dropped: 0, filtered: 2 });
  await until(() => feed.position === spool.end);
  expect(feed.status().rejections).toEqual([
    { reason: 'too long', count: 4 },
    { reason: 'not accounted for by the exporter', count: 1 },
  ]);
  await close(spool, [feed]);
});

test('an exporter that hangs is aborted and tried again; one that always throws gives the batch up', async () => {
  let aborted = 0;
  const slow = await feedOf(
    'slow',
    exporterOf((batch, abort) => {
      if (aborted > 0) return takeAll(batch, abort);
      return new Promise((_, reject) =>
        abort.addEventListener('abort', () => {
          aborted++;
          reject(abort.reason);
        }),
      );
    }),
  );
  const broken = await feedOf(
    'broken',
    exporterOf(() => Promise.reject(new TypeError('bug'))),
  );
  const spool = await relayOf([slow, broken]);
  await append(spool, 5);
  slow.start();
  broken.start();
  await until(() => ledger(slow).delivered === 5, 100);
  expect(aborted).toBe(1);
  await until(() => ledger(broken).rejected === 5, 100);
  await until(() => broken.status().rejections.length === 1);
  expect(broken.status().rejections).toEqual([{ reason: 'the exporter failed: bug', count: 5 }]);
  await close(spool, [slow, broken]);
});

test('a full spool drops what the slowest has not read, counted exactly, and the quick one loses nothing', async () => {
  const slow = await feedOf(
    'slow',
    exporterOf((batch) => ({ accepted: {}, rejected: [], retry: batch, error: new Error('full') })),
  );
  const quick = await feedOf('quick', exporterOf(takeAll));
  let spool = await relayOf([slow, quick], 1 << 20);
  slow.start();
  quick.start();
  for (let index = 1; index <= 60; index++) {
    await append(spool, 1, 60_000);
    await until(() => ledger(quick).delivered === index);
    ledger(slow);
  }
  const before = ledger(slow);
  expect(before.received).toBe(60);
  expect(before.dropped).toBeGreaterThan(30);
  await close(spool, [slow, quick]);
  const [slowAgain, quickAgain] = [
    await feedOf('slow', exporterOf(takeAll)),
    await feedOf('quick', exporterOf(takeAll)),
  ];
  spool = await relayOf([slowAgain, quickAgain], 1 << 20);
  expect(ledger(quickAgain)).toMatchObject({ received: 60, delivered: 60 });
  // What was under way had lost its place on disk.
  const after = ledger(slowAgain);
  expect(after.received).toBe(60);
  expect(after.dropped + after.pending).toBe(60);
  slowAgain.start();
  await until(() => ledger(slowAgain).pending === 0);
  await close(spool, [slowAgain, quickAgain]);
});

test('the books and the place survive a restart; a backend that commits the cursor itself is believed', async () => {
  const first = await feedOf('local', exporterOf(takeAll));
  let spool = await relayOf([first]);
  first.start();
  await append(spool, 5);
  await until(() => first.position === spool.end);
  const committed = spool.end;
  await append(spool, 7);
  await until(() => first.position === spool.end);
  await close(spool, [first]);
  const seen: number[] = [];
  const second = await feedOf(
    'local',
    exporterOf(
      (batch, abort) => {
        seen.push(...batch.records.map(({ items }) => items));
        return takeAll(batch, abort);
      },
      {
        committed: () => committed,
      },
    ),
  );
  spool = await relayOf([second]);
  expect(ledger(second)).toMatchObject({ received: 12, delivered: 12 });
  second.start();
  await until(() => seen.length === 1 && second.position === spool.end);
  expect(seen).toEqual([7]);
  expect(ledger(second)).toMatchObject({ received: 12, delivered: 12, pending: 0 });
  await close(spool, [second]);
});

test('a cursor file that cannot be read is said, and what the spool holds is sent again', async () => {
  await writeFile(join(folder, 'local.json'), '{"position": "x"');
  const feed = await feedOf('local', exporterOf(takeAll));
  const spool = await relayOf([feed]);
  feed.start();
  await append(spool, 3);
  await until(() => feed.position === spool.end);
  expect(logged[0]).toContain('books start anew');
  expect(JSON.parse(await readFile(join(folder, 'local.json'), 'utf8')).settled.delivered.traces).toBe(3);
  await close(spool, [feed]);
});
