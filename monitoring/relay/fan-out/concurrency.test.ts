import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import type { Batch, Exported } from '../../exporter.ts';
import { spansRecord } from '../../testing/payloads.ts';
import { countItemsOf } from '../counts.ts';
import { createShape } from '../shaping/shape.ts';
import { exporterOf, FeedBench, ledgerOf, refuseAll, takeAll } from '../testing/feed-bench.ts';

let bench: FeedBench;

beforeEach(async () => {
  bench = await FeedBench.open();
});
afterEach(() => bench.remove());

const queue = (concurrency: number, maxItems = 10) => ({
  timeoutMs: 60_000,
  limits: { maxItems, maxBytes: 1 << 20 },
  concurrency,
});

/** An exporter whose answers a test gives, batch by batch. */
function held() {
  const calls: { batch: Batch; answer(exported: Exported): void; take(): void }[] = [];
  const exporter = exporterOf(
    (batch, abort) =>
      new Promise((resolve) => {
        const take = () => resolve({ accepted: countItemsOf(batch.records), rejected: [] });
        calls.push({ batch, answer: resolve, take });
        abort.addEventListener('abort', () => resolve({ accepted: {}, rejected: [], retry: batch }));
      }),
  );
  return { calls, exporter };
}

test('as many batches are under way as the settings say, and the cursor waits for the first', async () => {
  const { calls, exporter } = held();
  const feed = await bench.feed('wide', exporter, { queue: queue(3) });
  const spool = await bench.relay([feed]);
  const places: number[] = [];
  for (let index = 0; index < 5; index++) places.push(await bench.append(spool, 10));
  feed.start();
  await bench.until(() => calls.length === 3);
  await bench.clock.advance(100);
  expect(calls.length).toBe(3);
  calls[2]!.take();
  calls[1]!.take();
  await bench.until(() => calls.length === 5);
  expect(feed.position).toBe(places[0]);
  expect(ledgerOf(feed)).toMatchObject({ received: 50, delivered: 20, pending: 30 });
  calls[0]!.take();
  await bench.until(() => feed.position === places[3]);
  calls[3]!.take();
  calls[4]!.take();
  await bench.until(() => feed.position === spool.end);
  expect(ledgerOf(feed)).toMatchObject({ received: 50, delivered: 50, pending: 0 });
  expect(feed.status()).toMatchObject({ delivered_bytes: 50, lag_seconds: 0 });
  await bench.close(spool, [feed]);
});

test('after kill -9 what was settled out of order is handed over again, and counted once', async () => {
  const { calls, exporter } = held();
  const feed = await bench.feed('wide', exporter, { queue: queue(4) });
  const spool = await bench.relay([feed]);
  for (let index = 0; index < 4; index++) await bench.append(spool, 10);
  feed.start();
  await bench.until(() => calls.length === 4);
  calls[3]!.take();
  calls[1]!.take();
  await bench.until(() => ledgerOf(feed).delivered === 20);
  const crashed = await bench.crash([feed]);
  await bench.close(spool, [feed]);
  const seen: number[] = [];
  const again = await crashed.feed(
    'wide',
    exporterOf((batch, abort) => {
      seen.push(...batch.records.map(({ position }) => position));
      return takeAll(batch, abort);
    }),
    { queue: queue(4) },
  );
  const spoolAgain = await crashed.relay([again]);
  expect(ledgerOf(again)).toMatchObject({ received: 40, delivered: 0, pending: 40 });
  again.start();
  await crashed.until(() => again.position === spoolAgain.end);
  expect(seen.length).toBe(4);
  expect(ledgerOf(again)).toMatchObject({ received: 40, delivered: 40, pending: 0 });
  await crashed.close(spoolAgain, [again]);
  await crashed.remove();
});

test('whatever the order of answers, the losses of a full spool and the moment of a crash, every item is booked once', async () => {
  const random = seededRandom(11);
  for (let round = 0; round < 12; round++) {
    let appended = 0;
    let taken = 0;
    const waiting: (() => void)[] = [];
    const exporter = exporterOf(
      (batch) =>
        new Promise((resolve) => {
          waiting.push(() => {
            const half = batch.records.length > 1 && random() < 0.3;
            const kept = half ? batch.records.slice(1) : batch.records;
            taken += countItemsOf(kept).traces;
            const retry = half ? { retry: { records: batch.records.slice(0, 1), end: batch.end } } : {};
            resolve({ accepted: countItemsOf(kept), rejected: [], ...retry });
          });
        }),
    );
    const feed = await bench.feed('odd', exporter, { queue: queue(4, 20) });
    const spool = await bench.relay([feed], 1 << 20);
    feed.start();
    for (let index = 0; index < 60; index++) {
      const items = 1 + Math.floor(random() * 9);
      await bench.append(spool, items, { bytes: Buffer.alloc(Math.floor(random() * 60_000)) });
      appended += items;
      await bench.clock.advance(random() < 0.5 ? 0 : 500);
      if (waiting.length > 0 && random() < 0.6) waiting.splice(Math.floor(random() * waiting.length), 1)[0]!();
    }
    await bench.clock.advance(0);
    const before = ledgerOf(feed);
    expect(before).toMatchObject({ received: appended, delivered: taken });
    const crashed = await bench.crash([feed]);
    const again = await crashed.feed('odd', exporterOf(takeAll), { queue: queue(4, 20) });
    const spoolAgain = await crashed.relay([again], 1 << 20);
    // What was under way and had lost its place on disk is dropped; what was only settled out of order comes again.
    expect(ledgerOf(again).received).toBe(appended);
    expect(ledgerOf(again).dropped).toBeGreaterThanOrEqual(before.dropped);
    again.start();
    await crashed.until(() => ledgerOf(again).pending === 0);
    expect(ledgerOf(again)).toMatchObject({ received: appended, pending: 0 });
    await crashed.close(spoolAgain, [again]);
    await crashed.remove();
    for (const answer of waiting.splice(0)) answer();
    await bench.close(spool, [feed]);
    await rm(join(bench.folder, 'spool'), { recursive: true });
    await rm(join(bench.folder, 'odd.json'));
  }
}, 60_000);

test('a crash between the books and the deletion of the oldest records counts them once', async () => {
  const { calls, exporter } = held();
  const feed = await bench.feed('full', exporter, { queue: queue(2) });
  let crashed: FeedBench | undefined;
  const spool = await bench.relay([feed], 1 << 20, async () => {
    crashed ??= await bench.crash([feed]);
  });
  feed.start();
  let appended = 0;
  while (!crashed) {
    await bench.append(spool, 10, { bytes: Buffer.alloc(60_000) });
    appended += 10;
  }
  expect(calls.length).toBe(2);
  const before = ledgerOf(feed);
  // The record that made room for itself came after the crash.
  appended -= 10;
  const again = await crashed.feed('full', exporterOf(takeAll));
  const spoolAgain = await crashed.relay([again]);
  // What was under way had lost its place in the books already.
  expect(ledgerOf(again)).toMatchObject({ received: appended, dropped: before.dropped + 20 });
  again.start();
  await crashed.until(() => ledgerOf(again).pending === 0);
  expect(ledgerOf(again)).toMatchObject({ received: appended, delivered: appended - before.dropped - 20 });
  await crashed.close(spoolAgain, [again]);
  await crashed.remove();
  await bench.close(spool, [feed]);
});

test('what a backend has committed itself is delivered, but for what the filter left out', async () => {
  const shape = createShape({ name: 'local', type: 'test', dataDir: '', filter: { sample: 0 } });
  const exporter = (committed: number | undefined) => exporterOf(takeAll, { committed: () => committed });
  const first = await bench.feed('local', exporter(undefined), { shape });
  const spool = await bench.relay([first]);
  const seed = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startNs: 1n, durationNs: 1n };
  const { bytes } = spansRecord({ position: 0, receivedAt: 0 }, [seed, seed, { ...seed, status: 2 }], {});
  for (let index = 0; index < 4; index++) await bench.append(spool, 3, { bytes });
  const crashed = await bench.crash([first]);
  await bench.close(spool, [first]);
  const again = await crashed.feed('local', exporter(spool.end), { shape });
  const spoolAgain = await crashed.relay([again]);
  again.start();
  await crashed.until(() => ledgerOf(again).pending === 0);
  expect(ledgerOf(again)).toMatchObject({ received: 12, delivered: 4, filtered: 8 });
  await crashed.close(spoolAgain, [again]);
  await crashed.remove();
});

test('letters of a batch that a crash kept out of the books are gone, and come again if it is refused again', async () => {
  let answers = 0;
  const first = await bench.feed(
    'elk',
    exporterOf((batch, abort) => (answers++ === 0 ? new Promise(() => undefined) : refuseAll(batch, abort))),
    { queue: queue(2) },
  );
  const spool = await bench.relay([first]);
  for (let index = 0; index < 2; index++) await bench.append(spool, 10);
  first.start();
  await bench.until(() => ledgerOf(first).rejected === 10);
  expect(first.deadLetters.size.records).toBe(1);
  const crashed = await bench.crash([first]);
  await bench.close(spool, [first]);
  const again = await crashed.feed('elk', exporterOf(takeAll));
  const spoolAgain = await crashed.relay([again]);
  again.start();
  await crashed.until(() => ledgerOf(again).pending === 0);
  expect(ledgerOf(again)).toMatchObject({ received: 20, delivered: 20, rejected: 0 });
  expect(again.status().dead_letters.records).toBe(0);
  await crashed.close(spoolAgain, [again]);
  await crashed.remove();
});

test('what a backend that keeps its own place refused before a crash stays refused', async () => {
  const first = await bench.feed('local', exporterOf(refuseAll, { committed: () => undefined }));
  let spool = await bench.relay([first]);
  await bench.append(spool, 10);
  await bench.append(spool, 5);
  const before = await bench.crash([first]);
  first.start();
  await bench.until(() => first.position === spool.end);
  const committed = spool.end;
  await bench.close(spool, [first]);
  // The cursor file is older than what the backend has committed.
  await cp(join(before.folder, 'local.json'), join(bench.folder, 'local.json'));
  await before.remove();
  const again = await bench.feed('local', exporterOf(takeAll, { committed: () => committed }));
  spool = await bench.relay([again]);
  again.start();
  await bench.until(() => ledgerOf(again).pending === 0);
  expect(ledgerOf(again)).toMatchObject({ received: 15, delivered: 0, rejected: 15 });
  expect(again.status()).toMatchObject({
    dead_letters: { records: 2 },
    rejections: [{ reason: 'too long', count: 15 }],
  });
  await bench.close(spool, [again]);
});
