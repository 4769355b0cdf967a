import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Batch, Exported, Exporter } from '../../exporter.ts';
import { type Behaviour, exporterOf, FeedBench, fullAlways, ledgerOf, takeAll } from '../testing/feed-bench.ts';
import type { Feed } from './feed.ts';

const LIMITS = { maxItems: 100, maxBytes: 64 << 10 };
const RECORD_BYTES = 8 << 10;

let bench: FeedBench;

beforeEach(async () => {
  bench = await FeedBench.open();
});
afterEach(() => bench.remove());

/** Answers after 25 s, which is less than the timeout. */
const slow: Behaviour = async (batch, abort) => {
  await bench.clock.timer(25_000);
  return takeAll(batch, abort);
};

/** Its answer never ends, and it does not listen. */
const endless: Behaviour = () => new Promise(() => undefined);

/** Numbers that no honest exporter hands back, and a reason of its own for every item. */
const absurd: Behaviour = ({ records }: Batch): Exported => ({
  accepted: { traces: Number.NaN, metrics: -5, logs: Number.POSITIVE_INFINITY },
  filtered: { traces: -1 },
  rejected: Array.from({ length: 1_000 }, (_, index) => ({
    signal: 'traces',
    count: index % 2 === 0 ? 0.5 : -3,
    reason: `${index} ${'x'.repeat(5_000)}`,
    position: records[0]!.position,
  })),
});

const throwing: Behaviour = () => {
  throw new TypeError('bug');
};

const UNWELL: Record<string, Exporter> = {
  dead: exporterOf((batch) => ({ accepted: {}, rejected: [], retry: batch, error: new Error('ECONNREFUSED') })),
  slow: exporterOf((batch, abort) => slow(batch, abort)),
  full: exporterOf((batch, abort) => ({ ...(fullAlways(batch, abort) as Exported), retryAfterMs: 5_000 })),
  endless: exporterOf((batch, abort) => endless(batch, abort)),
  absurd: exporterOf((batch, abort) => absurd(batch, abort)),
  throwing: exporterOf((batch, abort) => throwing(batch, abort)),
  'never started': exporterOf(takeAll, { start: () => new Promise(() => undefined) }),
  'never stopped': exporterOf(takeAll, { start: () => Promise.reject(new Error('away')) }),
};

test('whatever the others do, a healthy backend has every record at once, and receiving goes on', async () => {
  const queue = { timeoutMs: 30_000, limits: LIMITS, concurrency: 2 };
  const well = await bench.feed('well', exporterOf(takeAll), { queue });
  const unwell: Feed[] = [];
  for (const [name, exporter] of Object.entries(UNWELL)) unwell.push(await bench.feed(name, exporter, { queue }));
  const feeds = [...unwell, well];
  const spool = await bench.relay(feeds, 4 << 20);
  for (const feed of feeds) feed.start();
  let sent = 0;
  for (let turn = 0; turn < 60; turn++) {
    for (let index = 0; index < 4; index++) {
      await bench.append(spool, 3, { bytes: Buffer.alloc(RECORD_BYTES) });
      sent += 3;
    }
    // No virtual time passes until it has them all.
    const now = bench.clock.monotonic();
    await bench.until(() => ledgerOf(well).delivered === sent);
    expect(bench.clock.monotonic()).toBe(now);
    for (const feed of unwell) {
      expect(ledgerOf(feed).received).toBe(sent);
      expect(feed.bytesUnderWay).toBeLessThanOrEqual(queue.concurrency * LIMITS.maxBytes);
    }
    await bench.clock.advance(3_000);
  }
  expect(well.status()).toMatchObject({ healthy: true, last_error: null, lag_seconds: 0 });
  expect(ledgerOf(well)).toEqual({ received: sent, delivered: sent, pending: 0, rejected: 0, dropped: 0, filtered: 0 });
  const of = (name: string) => unwell.find((feed) => feed.name === name)!.status();
  expect(of('dead')).toMatchObject({ healthy: false, circuit: 'open', last_error: 'ECONNREFUSED' });
  expect(of('full')).toMatchObject({ healthy: false, last_error: 'full' });
  expect(of('endless')).toMatchObject({ healthy: false, last_error: 'no answer within 30000 ms' });
  expect(of('slow').healthy).toBe(true);
  // What waits is older than what any of them could have in memory.
  for (const name of ['dead', 'full', 'endless', 'never started']) expect(of(name).lag_seconds).toBeGreaterThan(100);
  for (const { rejections } of unwell.map((feed) => feed.status())) {
    expect(rejections.length).toBeLessThanOrEqual(51);
    for (const { reason } of rejections) expect(reason.length).toBeLessThanOrEqual(1_000);
  }
  await bench.close(spool, feeds);
}, 60_000);

test('a backend that wakes up after an hour gets what the spool still holds, and the books say what it missed', async () => {
  let dead = true;
  const feed = await bench.feed(
    'late',
    exporterOf((batch, abort) => (dead ? fullAlways(batch, abort) : takeAll(batch, abort))),
    { queue: { timeoutMs: 30_000, limits: LIMITS, concurrency: 1 } },
  );
  const spool = await bench.relay([feed], 1 << 20);
  feed.start();
  for (let minute = 0; minute < 60; minute++) {
    await bench.append(spool, 7, { bytes: Buffer.alloc(50_000) });
    await bench.clock.advance(60_000);
  }
  const { dropped, pending } = ledgerOf(feed);
  expect(dropped).toBeGreaterThan(0);
  expect(dropped + pending).toBe(60 * 7);
  const { retry_at } = feed.status();
  expect(Date.parse(retry_at!)).toBeGreaterThan(bench.clock.now());
  expect(Date.parse(retry_at!)).toBeLessThanOrEqual(bench.clock.now() + 60_000);
  dead = false;
  await bench.until(() => ledgerOf(feed).pending === 0, 1_000);
  expect(ledgerOf(feed)).toMatchObject({ delivered: pending, dropped });
  await bench.close(spool, [feed]);
}, 60_000);
