import { cpSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import type { Batch, Exported } from '../../exporter.ts';
import type { Spool } from '../spool/spool.ts';
import { exporterOf, FeedBench, ledgerOf, refuseAll, takeAll } from '../testing/feed-bench.ts';
import type { Feed } from './feed.ts';

const forever = new AbortController().signal;
const STEPS = 80;

/** What a destination may do to a batch: take, refuse, hand back or leave out each record, fail, or throw. */
function whim(random: () => number): (batch: Batch) => Promise<Exported> {
  return async (batch) => {
    const kind = random();
    await new Promise((resolve) => setImmediate(resolve));
    if (kind < 0.05) throw new Error('bug');
    if (kind < 0.15) return { accepted: {}, rejected: [], retry: batch, error: new Error('busy') };
    if (kind < 0.4) return await takeAll(batch, forever);
    if (kind < 0.45) return await refuseAll(batch, forever);
    const exported = { accepted: { traces: 0 }, filtered: { traces: 0 }, rejected: [] as Exported['rejected'] };
    const retry: Batch['records'] = [];
    for (const record of batch.records) {
      const { items, position } = record;
      const refused = random() < 0.3 ? Math.floor(random() * (items + 1)) : 0;
      const leftOut = random() < 0.2 ? Math.floor(random() * (items - refused + 1)) : 0;
      if (random() < 0.3) retry.push(record);
      else {
        if (refused > 0) exported.rejected.push({ signal: 'traces', count: refused, reason: 'no', position });
        exported.filtered.traces += leftOut;
        exported.accepted.traces += items - refused - leftOut;
      }
    }
    return retry.length > 0 ? { ...exported, retry: { records: retry, end: batch.end } } : exported;
  };
}

test.each([196, 199])(
  'the books agree through refusals, throws, replays, a full spool and kills (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const benches: FeedBench[] = [];
    let bench = await FeedBench.open();
    let spool!: Spool;
    let feed!: Feed;
    let appended = 0;
    let isWhimsical = true;
    const whims = whim(random);
    const exporter = exporterOf((batch) => (isWhimsical ? whims(batch) : takeAll(batch, forever)));
    const begin = async () => {
      benches.push(bench);
      const limits = { maxItems: 40, maxBytes: 60_000 };
      feed = await bench.feed('elk', exporter, { queue: { timeoutMs: 1_000_000, limits, concurrency: 4 } });
      spool = await bench.relay([feed], 400_000);
      expect(ledgerOf(feed).received).toBe(appended);
      feed.start();
    };
    await begin();
    for (let step = 0; step < STEPS; step++) {
      const kind = random();
      if (kind < 0.7) {
        const items = 1 + Math.floor(random() * 20);
        await bench.append(spool, items, { bytes: Buffer.alloc(Math.floor(random() * 30_000)) });
        appended += items;
      } else if (kind < 0.8) await bench.clock.advance(Math.floor(random() * 2_000));
      else if (kind < 0.9) {
        // It waits for nothing but the exporter.
        await feed.replay(undefined, forever).catch((error) => expect(error).toHaveProperty('code', 'BACKEND_AWAY'));
      } else {
        const killed = { bench, spool, feed };
        bench = await FeedBench.open();
        cpSync(killed.bench.folder, bench.folder, { recursive: true });
        await killed.bench.close(killed.spool, [killed.feed]);
        await begin();
      }
      expect(ledgerOf(feed).received).toBe(appended);
    }
    isWhimsical = false;
    await bench.until(() => ledgerOf(feed).pending === 0 && feed.status().circuit === 'closed', 200);
    await bench.until(() => feed.position === spool.end);
    await feed.replay(undefined, forever);
    const { received, rejected, delivered } = ledgerOf(feed);
    expect({ received, letters: feed.deadLetters.size.records }).toEqual({ received: appended, letters: 0 });
    expect(rejected).toBe(0);
    expect(delivered).toBeGreaterThan(0);
    await bench.close(spool, [feed]);
    await Promise.all(benches.map((one) => one.remove()));
  },
  60_000,
);
