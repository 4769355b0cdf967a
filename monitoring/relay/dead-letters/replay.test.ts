import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Batch, Exported, SpoolRecord } from '../../exporter.ts';
import { spansRecord } from '../../testing/payloads.ts';
import type { Feed } from '../fan-out/feed.ts';
import { createShape } from '../shaping/shape.ts';
import type { Spool } from '../spool/spool.ts';
import { exporterOf, FeedBench, fullAlways, ledgerOf, refuseAll, takeAll } from '../testing/feed-bench.ts';

const forever = new AbortController().signal;
let bench: FeedBench;
let spool: Spool;
let feed: Feed;
let behaviour: (batch: Batch) => Promise<Exported> | Exported;
let calls: Batch[];

beforeEach(async () => {
  bench = await FeedBench.open();
  calls = [];
  behaviour = (batch) => refuseAll(batch, forever);
});
afterEach(() => bench.remove());

const exporter = exporterOf((batch) => {
  calls.push(structuredClone(batch));
  return behaviour(batch);
});

async function begin(more: Parameters<FeedBench['feed']>[2] = {}): Promise<void> {
  feed = await bench.feed('elk', exporter, more);
  spool = await bench.relay([feed]);
  feed.start();
}

async function settled(): Promise<void> {
  await bench.until(() => feed.position === spool.end);
}

/** Refuses so many items of every record. */
function refusing(count: number, reason: string) {
  return ({ records }: Batch): Exported => ({
    accepted: { traces: records.reduce((sum, { items }) => sum + items - count, 0) },
    rejected: records.map(({ signal, position }) => ({ signal, count, reason, position })),
  });
}

test('a record with refused items is handed over again as it was, and what is taken moves in the books', async () => {
  await begin();
  behaviour = refusing(4, 'too long');
  for (let index = 0; index < 3; index++) await bench.append(spool, 10, { bytes: Buffer.from(`record ${index}`) });
  await settled();
  expect(ledgerOf(feed)).toMatchObject({ received: 30, delivered: 18, rejected: 12 });
  expect(feed.status().dead_letters).toEqual({ records: 3, bytes: 24 });
  const before = calls.flatMap(({ records }) => records);
  calls = [];
  behaviour = refusing(1, 'still too long');
  expect(await feed.replay(undefined, forever)).toEqual({
    replayed: 3,
    delivered: 9,
    rejected: 3,
    filtered: 0,
    waiting: 0,
  });
  expect(calls.flatMap(({ records }) => records).map(plain)).toEqual(before.map(plain));
  expect(ledgerOf(feed)).toMatchObject({ received: 30, delivered: 27, rejected: 3 });
  expect(feed.status().rejections).toEqual([{ reason: 'still too long', count: 3 }]);
  behaviour = (batch) => takeAll(batch, forever);
  const [newest] = await feed.deadLetters.list(1);
  expect(newest).toMatchObject({ reason: 'still too long', count: 1 });
  expect(await feed.replay([newest!.id], forever)).toMatchObject({ replayed: 1, delivered: 1 });
  expect(await feed.replay(undefined, forever)).toMatchObject({ replayed: 2, delivered: 2 });
  expect(ledgerOf(feed)).toMatchObject({ received: 30, delivered: 30, rejected: 0 });
  expect(feed.status().rejections).toEqual([]);
  expect(await feed.replay(undefined, forever)).toMatchObject({ replayed: 0 });
  await bench.close(spool, [feed]);
});

test('a backend that is away keeps its dead letters, and the replay says so', async () => {
  await begin();
  await bench.append(spool, 10);
  await settled();
  behaviour = (batch) => fullAlways(batch, forever);
  await expect(feed.replay(undefined, forever)).rejects.toMatchObject({ code: 'BACKEND_AWAY' });
  expect(feed.deadLetters.size.records).toBe(1);
  expect(ledgerOf(feed)).toMatchObject({ rejected: 10, delivered: 0 });
  await bench.close(spool, [feed]);
});

test('one part taken and another not: what was taken is gone, the rest waits', async () => {
  await begin();
  for (let index = 0; index < 3; index++) await bench.append(spool, 60);
  await settled();
  let call = 0;
  behaviour = (batch) => (++call === 2 ? fullAlways(batch, forever) : takeAll(batch, forever));
  expect(await feed.replay(undefined, forever)).toMatchObject({ replayed: 1, delivered: 60, waiting: 120 });
  expect(call).toBe(2);
  expect(ledgerOf(feed)).toMatchObject({ rejected: 120, delivered: 60 });
  await bench.close(spool, [feed]);
});

test('refused items without a place are never called delivered', async () => {
  await begin();
  for (let index = 0; index < 2; index++) await bench.append(spool, 10);
  await settled();
  behaviour = () => ({ accepted: { traces: 8 }, rejected: [{ signal: 'traces', count: 12, reason: 'somewhere' }] });
  expect(await feed.replay(undefined, forever)).toMatchObject({ delivered: 8, rejected: 12 });
  expect(ledgerOf(feed)).toMatchObject({ delivered: 8, rejected: 12 });
  expect(feed.deadLetters.size.records).toBe(2);
  await bench.close(spool, [feed]);
});

test('what the exporter itself leaves out the second time is not called delivered', async () => {
  await begin();
  behaviour = refusing(4, 'too long');
  for (let index = 0; index < 2; index++) await bench.append(spool, 10);
  await settled();
  behaviour = () => ({ accepted: { traces: 6 }, filtered: { traces: 14 }, rejected: [] });
  expect(await feed.replay(undefined, forever)).toMatchObject({ delivered: 6, filtered: 2, rejected: 0 });
  expect(ledgerOf(feed)).toMatchObject({ received: 20, delivered: 18, filtered: 2, rejected: 0 });
  await bench.close(spool, [feed]);
});

test('what is not in the books yet is not replayed, so that a crash finds them as they were', async () => {
  const first = Promise.withResolvers<Exported>();
  behaviour = (batch) => (calls.length === 1 ? first.promise : refuseAll(batch, forever));
  const limits = { maxItems: 10, maxBytes: 1 << 20 };
  await begin({ queue: { timeoutMs: 1_000_000, limits, concurrency: 2 } });
  await bench.append(spool, 10);
  await bench.until(() => calls.length === 1);
  await bench.append(spool, 10);
  await bench.until(() => ledgerOf(feed).rejected === 10);
  behaviour = (batch) => takeAll(batch, forever);
  expect(await feed.replay(undefined, forever)).toMatchObject({ replayed: 0, delivered: 0 });
  expect(ledgerOf(feed)).toMatchObject({ received: 20, rejected: 10, pending: 10 });
  first.resolve({ accepted: { traces: 10 }, rejected: [] });
  await settled();
  expect(await feed.replay(undefined, forever)).toMatchObject({ replayed: 1, delivered: 10 });
  expect(ledgerOf(feed)).toMatchObject({ received: 20, delivered: 20 });
  await bench.close(spool, [feed]);
});

test('a replay disturbs neither the order nor the cursor of what is under way', async () => {
  await begin();
  await bench.append(spool, 10);
  await settled();
  const order: number[] = [];
  behaviour = (batch) => {
    order.push(...batch.records.map(({ position }) => position));
    return takeAll(batch, forever);
  };
  const replaying = feed.replay(undefined, forever);
  const places: number[] = [];
  for (let index = 0; index < 5; index++) places.push(await bench.append(spool, 10));
  await bench.until(() => ledgerOf(feed).delivered === 60);
  expect(await replaying).toMatchObject({ delivered: 10 });
  expect(order.filter((position) => position >= places[0]!)).toEqual(places);
  await settled();
  await bench.close(spool, [feed]);
});

test('a crash between the books and the file of dead letters moves nothing twice', async () => {
  await begin();
  for (let index = 0; index < 2; index++) await bench.append(spool, 10);
  await settled();
  const remove = feed.deadLetters.remove.bind(feed.deadLetters);
  let crashed: FeedBench | undefined;
  feed.deadLetters.remove = async (ids) => {
    crashed = await bench.crash([feed]);
    await remove(ids);
  };
  behaviour = (batch) => takeAll(batch, forever);
  await feed.replay(undefined, forever);
  await bench.close(spool, [feed]);
  const again = await crashed!.feed('elk', exporter);
  expect(again.deadLetters.size.records).toBe(2);
  const spoolAgain = await crashed!.relay([again]);
  expect(again.deadLetters.size.records).toBe(0);
  expect(ledgerOf(again)).toMatchObject({ received: 20, delivered: 20, rejected: 0 });
  await crashed!.close(spoolAgain, [again]);
  await crashed!.remove();
});

test('the filter of today is asked again, and what it leaves out is filtered', async () => {
  await begin({ shape: createShape({ name: 'elk', type: 'test', dataDir: '', filter: { sample: 0 } }) });
  const seed = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startNs: 1n, durationNs: 1n };
  const { bytes } = spansRecord({ position: 0, receivedAt: 0 }, [seed, { ...seed, status: 2 }], {});
  await bench.append(spool, 2, { bytes });
  await settled();
  expect(ledgerOf(feed)).toMatchObject({ received: 2, filtered: 1, rejected: 1 });
  expect(calls[0]!.records[0]!.items).toBe(1);
  behaviour = (batch) => takeAll(batch, forever);
  expect(await feed.replay(undefined, forever)).toMatchObject({ delivered: 1, filtered: 0 });
  expect(ledgerOf(feed)).toMatchObject({ received: 2, filtered: 1, delivered: 1 });
  await bench.close(spool, [feed]);
});

test('a backend that keeps its own place is not replayed to, nor is one whose circuit is open', async () => {
  const own = await bench.feed('local', { ...exporter, committed: () => undefined });
  await expect(own.replay(undefined, forever)).rejects.toMatchObject({ code: 'CANNOT_REPLAY' });
  await begin();
  behaviour = (batch) => fullAlways(batch, forever);
  await bench.append(spool, 10);
  await bench.until(() => feed.status().circuit === 'open', 100);
  await expect(feed.replay(undefined, forever)).rejects.toMatchObject({ code: 'BACKEND_AWAY' });
  await bench.close(spool, [feed]);
});

test('of a batch that makes the exporter throw only the record at fault is given up', async () => {
  await begin();
  const places: number[] = [];
  behaviour = (batch) => {
    if (batch.records.some(({ position }) => position === places[2])) throw new TypeError('bug');
    return takeAll(batch, forever);
  };
  places.push(...(await Promise.all(Array.from({ length: 5 }, () => bench.append(spool, 10)))));
  await bench.until(() => ledgerOf(feed).pending === 0, 100);
  expect(ledgerOf(feed)).toMatchObject({ received: 50, delivered: 40, rejected: 10 });
  await settled();
  expect(feed.deadLetters.ids).toEqual([String(places[2])]);
  expect(feed.status().rejections).toEqual([{ reason: 'the exporter failed: bug', count: 10 }]);
  await bench.close(spool, [feed]);
});

test('one that always throws gives its batch up as dead letters', async () => {
  await begin();
  behaviour = () => Promise.reject(new TypeError('bug'));
  await bench.append(spool, 10);
  await bench.until(() => ledgerOf(feed).rejected === 10, 100);
  await bench.until(() => feed.status().dead_letters.records === 1);
  behaviour = (batch) => takeAll(batch, forever);
  expect(await feed.replay(undefined, forever)).toMatchObject({ delivered: 10 });
  await bench.close(spool, [feed]);
});

function plain({ bytes, ...record }: SpoolRecord) {
  return { ...record, text: Buffer.from(bytes).toString() };
}
