import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { exporterOf, FeedBench, fullAlways, ledgerOf, takeAll } from '../testing/feed-bench.ts';

let bench: FeedBench;

beforeEach(async () => {
  bench = await FeedBench.open();
});
afterEach(() => bench.remove());

test('a dead backend costs the other nothing, and catches up once it lives', async () => {
  let dead = true;
  const sick = await bench.feed(
    'sick',
    exporterOf((batch, abort) =>
      dead ? { accepted: {}, rejected: [], retry: batch, error: new Error('refused') } : takeAll(batch, abort),
    ),
  );
  const well = await bench.feed('well', exporterOf(takeAll));
  const spool = await bench.relay([sick, well]);
  sick.start();
  well.start();
  for (let index = 0; index < 20; index++) await bench.append(spool, 10);
  await bench.until(() => ledgerOf(well).delivered === 200);
  await bench.until(() => sick.status().last_error !== null);
  expect(ledgerOf(sick)).toMatchObject({ received: 200, delivered: 0, pending: 200 });
  await bench.clock.advance(5_000);
  expect(sick.status()).toMatchObject({ healthy: false, last_error: 'refused', lag_seconds: 5 });
  dead = false;
  await bench.until(() => ledgerOf(sick).delivered === 200, 100);
  expect(sick.status()).toMatchObject({ healthy: true, lag_seconds: 0, pending_bytes: 0 });
  await bench.close(spool, [sick, well]);
});

test('what comes a moment apart shares a batch; a batch that is full waits for nothing', async () => {
  const sizes: number[] = [];
  const feed = await bench.feed(
    'gathering',
    exporterOf((batch, abort) => {
      sizes.push(batch.records.length);
      return takeAll(batch, abort);
    }),
    { gatherMs: 5 },
  );
  const spool = await bench.relay([feed]);
  feed.start();
  await bench.until(() => feed.status().healthy);
  await bench.append(spool, 1);
  await bench.append(spool, 1);
  expect(sizes).toEqual([]);
  await bench.until(() => sizes.length > 0, 5);
  await bench.append(spool, 1, { bytes: Buffer.alloc(1 << 20) });
  await bench.until(() => sizes.length > 1);
  expect(sizes).toEqual([2, 1]);
  await bench.close(spool, [feed]);
});

test('every item is booked once: accepted, filtered, rejected with its reason, retried, or not accounted for', async () => {
  let calls = 0;
  const feed = await bench.feed(
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
  const spool = await bench.relay([feed]);
  await bench.append(spool, 5);
  await bench.append(spool, 10);
  feed.start();
  await bench.until(() => calls === 1 && ledgerOf(feed).pending === 5);
  expect(ledgerOf(feed)).toEqual({ received: 15, delivered: 3, pending: 5, rejected: 5, dropped: 0, filtered: 2 });
  await bench.clock.advance(9_999);
  expect(calls).toBe(1);
  await bench.until(() => ledgerOf(feed).pending === 0, 1);
  expect(ledgerOf(feed)).toEqual({ received: 15, delivered: 8, pending: 0, rejected: 5, dropped: 0, filtered: 2 });
  await bench.until(() => feed.position === spool.end);
  expect(feed.status().rejections).toEqual([
    { reason: 'too long', count: 4 },
    { reason: 'not accounted for by the exporter', count: 1 },
  ]);
  await bench.close(spool, [feed]);
});

test('an exporter that hangs is aborted and tried again; one that always throws gives the batch up', async () => {
  let aborted = 0;
  const slow = await bench.feed(
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
  const broken = await bench.feed(
    'broken',
    exporterOf(() => Promise.reject(new TypeError('bug'))),
  );
  const spool = await bench.relay([slow, broken]);
  await bench.append(spool, 5);
  slow.start();
  broken.start();
  await bench.until(() => ledgerOf(slow).delivered === 5, 100);
  expect(aborted).toBe(1);
  await bench.until(() => ledgerOf(broken).rejected === 5, 100);
  await bench.until(() => broken.status().rejections.length === 1);
  expect(broken.status().rejections).toEqual([{ reason: 'the exporter failed: bug', count: 5 }]);
  await bench.close(spool, [slow, broken]);
});

test('a full spool drops what the slowest has not read, counted exactly, and the quick one loses nothing', async () => {
  const slow = await bench.feed('slow', exporterOf(fullAlways));
  const quick = await bench.feed('quick', exporterOf(takeAll));
  let spool = await bench.relay([slow, quick], 1 << 20);
  slow.start();
  quick.start();
  for (let index = 1; index <= 60; index++) {
    await bench.append(spool, 1, { bytes: Buffer.alloc(60_000) });
    await bench.until(() => ledgerOf(quick).delivered === index);
    ledgerOf(slow);
  }
  const before = ledgerOf(slow);
  expect(before.received).toBe(60);
  expect(before.dropped).toBeGreaterThan(30);
  await bench.close(spool, [slow, quick]);
  const [slowAgain, quickAgain] = [
    await bench.feed('slow', exporterOf(takeAll)),
    await bench.feed('quick', exporterOf(takeAll)),
  ];
  spool = await bench.relay([slowAgain, quickAgain], 1 << 20);
  expect(ledgerOf(quickAgain)).toMatchObject({ received: 60, delivered: 60 });
  // What was under way had lost its place on disk.
  const after = ledgerOf(slowAgain);
  expect(after.received).toBe(60);
  expect(after.dropped + after.pending).toBe(60);
  slowAgain.start();
  await bench.until(() => ledgerOf(slowAgain).pending === 0);
  await bench.close(spool, [slowAgain, quickAgain]);
});

test('the books and the place survive a restart; a backend that commits the cursor itself is believed', async () => {
  const first = await bench.feed('local', exporterOf(takeAll));
  let spool = await bench.relay([first]);
  first.start();
  await bench.append(spool, 5);
  await bench.until(() => first.position === spool.end);
  const committed = spool.end;
  await bench.append(spool, 7);
  await bench.until(() => first.position === spool.end);
  await bench.close(spool, [first]);
  const seen: number[] = [];
  const second = await bench.feed(
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
  spool = await bench.relay([second]);
  expect(ledgerOf(second)).toMatchObject({ received: 12, delivered: 12 });
  second.start();
  await bench.until(() => seen.length === 1 && second.position === spool.end);
  expect(seen).toEqual([7]);
  expect(ledgerOf(second)).toMatchObject({ received: 12, delivered: 12, pending: 0 });
  await bench.close(spool, [second]);
});

test('a cursor file that cannot be read is said, and what the spool holds is sent again', async () => {
  await writeFile(join(bench.folder, 'local.json'), '{"position": "x"');
  const feed = await bench.feed('local', exporterOf(takeAll));
  const spool = await bench.relay([feed]);
  feed.start();
  await bench.append(spool, 3);
  await bench.until(() => feed.position === spool.end);
  expect(bench.logged[0]).toContain('books start anew');
  expect(JSON.parse(await readFile(join(bench.folder, 'local.json'), 'utf8')).settled.delivered.traces).toBe(3);
  await bench.close(spool, [feed]);
});

test('a clock that is set by an hour, either way, delays no retry, loses nothing and makes no lag negative', async () => {
  let full = true;
  const seen: number[] = [];
  const feed = await bench.feed(
    'elk',
    exporterOf((batch, abort) => {
      if (full) return fullAlways(batch, abort);
      seen.push(...batch.records.map(({ receivedAt }) => receivedAt));
      return takeAll(batch, abort);
    }),
  );
  const spool = await bench.relay([feed]);
  const start = bench.clock.now();
  await bench.append(spool, 1);
  feed.start();
  await bench.until(() => feed.status().last_error !== null);
  bench.clock.step(-3_600_000);
  await bench.append(spool, 2);
  expect(feed.status().lag_seconds).toBe(0);
  expect(Date.parse(feed.status().retry_at!)).toBeLessThanOrEqual(bench.clock.now() + 1_000);
  bench.clock.step(7_200_000);
  await bench.append(spool, 3);
  full = false;
  await bench.clock.advance(1_000);
  await bench.until(() => feed.position === spool.end);
  expect(seen).toEqual([start, start - 3_600_000, start + 3_600_000]);
  expect(ledgerOf(feed)).toMatchObject({ received: 6, delivered: 6 });
  await bench.close(spool, [feed]);
});
