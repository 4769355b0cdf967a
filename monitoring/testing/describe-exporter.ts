import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import type { Batch, Exported, Exporter, SpoolRecord } from '../exporter.ts';
import { batchOf, logsRecord, malformedRecord, spansRecord, statsdRecord } from './payloads.ts';

/** Where a backend puts things, as a test prepares it: a folder, or a peer that speaks the vendor's protocol. */
export interface Destination {
  /** Another exporter for the same destination: the second one is what a restart makes. */
  create(): Exporter;
  /** What the destination holds of a trace, repeats included. Asked while the newest exporter runs. */
  trace(traceId: string): Promise<{ spanIds: string[]; messages: string[] }>;
  /** Sum of a StatsD counter that the destination holds. */
  counter(name: string): Promise<number>;
  /** From now on the destination cannot be reached; an exporter that starts now finds it so. */
  breakDown(): Promise<void>;
  mend(): Promise<void>;
  /** Where answers can be held back: from now on nothing is answered, until `mend`. */
  hold?(): Promise<void>;
  close(): Promise<void>;
}

export interface ExporterHarness {
  /** Its destinations can `hold` their answers. */
  canHold?: boolean;
  /** @param folder empty, removed after the test */
  prepare(folder: string): Promise<Destination>;
}

const RESOURCE = { 'service.name': 'shop', 'service.version': '1.2.3' };
const NOW_NS = 1_790_000_000_000_000_000n;
const NOW_MS = 1_790_000_000_000;

/** What every exporter must do, whatever stands behind it. */
export function describeExporter(name: string, harness: ExporterHarness): void {
  describe(`${name} keeps the exporter contract`, () => {
    const forever = new AbortController().signal;
    let folder: string;
    let destination: Destination;
    let exporter: Exporter;
    let random: () => number;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ringdown-exporter-'));
      destination = await harness.prepare(folder);
      exporter = destination.create();
      random = seededRandom(7);
    });

    afterEach(async () => {
      await exporter.shutdown(AbortSignal.timeout(5_000));
      await destination.close();
      await rm(folder, { recursive: true, force: true });
    });

    function spans(position: number, traceId: string, count: number): SpoolRecord {
      const seeds = Array.from({ length: count }, (_, index) => ({
        traceId,
        spanId: randomHex(random, 16),
        startNs: NOW_NS + BigInt(position * 1_000_000 + index),
        durationNs: 1_000_000n,
      }));
      return spansRecord({ position, receivedAt: NOW_MS + position }, seeds, RESOURCE);
    }

    function logs(position: number, traceId: string, messages: string[]): SpoolRecord {
      const seeds = messages.map((body) => ({ timeNs: NOW_NS, severityNumber: 17, body, traceId }));
      return logsRecord({ position, receivedAt: NOW_MS + position }, seeds, RESOURCE);
    }

    function mixedBatch(from: number): { batch: Batch; traceId: string } {
      const traceId = randomHex(random, 32);
      const statsd = statsdRecord({ position: from + 2, receivedAt: NOW_MS + from }, ['orders:2|c', 'orders:3|c']);
      return { batch: batchOf(spans(from, traceId, 5), logs(from + 1, traceId, ['first', 'second']), statsd), traceId };
    }

    test('what is accepted is there', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      expect(await exporter.export(batch, forever)).toEqual({
        accepted: { traces: 5, logs: 2, metrics: 2 },
        rejected: [],
      });
      const held = await destination.trace(traceId);
      expect(held.spanIds).toHaveLength(5);
      expect(held.messages.sort()).toEqual(['first', 'second']);
      expect(await destination.counter('orders')).toBe(5);
    });

    test('a destination that is away hands the batch back with a reason, and takes it when it returns', async () => {
      await destination.breakDown();
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      const failed = await exporter.export(batch, forever);
      expectAccounted(batch, failed);
      expect(failed.retry).toBeDefined();
      expect(types.isNativeError(failed.error)).toBe(true);
      await destination.mend();
      const retried = await exporter.export(failed.retry!, forever);
      expectAccounted(failed.retry!, retried);
      expect(retried.retry).toBeUndefined();
      expect((await destination.trace(traceId)).spanIds).toHaveLength(5);
    });

    test('a malformed record is rejected for good, its neighbours arrive', async () => {
      await exporter.start();
      const traceId = randomHex(random, 32);
      const bad = malformedRecord({ position: 1, receivedAt: NOW_MS + 1 }, 'traces', 9);
      const batch = batchOf(spans(0, traceId, 2), bad, logs(2, traceId, ['after']));
      const exported = await exporter.export(batch, forever);
      expectAccounted(batch, exported);
      expect(exported.accepted).toEqual({ traces: 2, logs: 1 });
      expect(exported.rejected).toMatchObject([{ signal: 'traces', count: 9 }]);
      expect(exported.rejected[0]!.reason).not.toBe('');
      expect(exported.retry).toBeUndefined();
      expect(await destination.trace(traceId)).toMatchObject({
        spanIds: [expect.anything(), expect.anything()],
        messages: ['after'],
      });
    });

    test('malformed lines inside a record are counted apart from the good ones', async () => {
      await exporter.start();
      const lines = ['orders:1|c', 'nonsense', 'orders:x|c', 'orders:4|c'];
      const batch = batchOf(statsdRecord({ position: 0, receivedAt: NOW_MS }, lines));
      const exported = await exporter.export(batch, forever);
      expectAccounted(batch, exported);
      expect(exported.accepted).toEqual({ metrics: 2 });
      expect(await destination.counter('orders')).toBe(5);
    });

    test('an aborted export is handed back whole or done whole, and its retry makes no duplicate', async () => {
      await exporter.start();
      const traceId = randomHex(random, 32);
      const batch = batchOf(spans(0, traceId, 3_000), spans(1, traceId, 3_000));
      const stop = new AbortController();
      const exporting = exporter.export(batch, stop.signal);
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error('deadline'));
      const exported = await exporting;
      expectAccounted(batch, exported);
      if (exported.retry) expectAccounted(exported.retry, await exporter.export(exported.retry, forever));
      const { spanIds } = await destination.trace(traceId);
      expect(spanIds).toHaveLength(6_000);
      expect(new Set(spanIds).size).toBe(6_000);
    });

    test('an export that is aborted before it begins sends nothing', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      const exported = await exporter.export(batch, AbortSignal.abort(new Error('deadline')));
      expect(exported.retry).toEqual(batch);
      expectAccounted(batch, exported);
      expect((await destination.trace(traceId)).spanIds).toEqual([]);
    });

    test('the same batch twice, as after an answer that was lost, is held once', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      expectAccounted(batch, await exporter.export(batch, forever));
      const again = await exporter.export(batch, forever);
      expectAccounted(batch, again);
      expect(again.retry).toBeUndefined();
      expect((await destination.trace(traceId)).spanIds).toHaveLength(5);
      expect(await destination.counter('orders')).toBe(5);
    });

    test('a restart goes on where the last exporter stopped: a replay from further back makes no duplicate', async () => {
      await exporter.start();
      const first = mixedBatch(0);
      const second = mixedBatch(3);
      const third = mixedBatch(6);
      await exporter.export(first.batch, forever);
      await exporter.export(second.batch, forever);
      await exporter.shutdown(forever);
      exporter = destination.create();
      await exporter.start();
      if (exporter.committed) expect(exporter.committed()).toBe(6);
      const backlog = batchOf(...second.batch.records, ...third.batch.records);
      expectAccounted(backlog, await exporter.export(backlog, forever));
      for (const { traceId } of [first, second, third]) {
        const held = await destination.trace(traceId);
        expect(held.spanIds).toHaveLength(5);
        expect(held.messages).toHaveLength(2);
      }
      expect(await destination.counter('orders')).toBe(15);
    });

    test('start and shutdown may be called twice, and shutdown before start', async () => {
      await exporter.shutdown(forever);
      await exporter.start();
      await exporter.start();
      const { batch } = mixedBatch(0);
      expect((await exporter.export(batch, forever)).retry).toBeUndefined();
      await exporter.shutdown(forever);
      await exporter.shutdown(forever);
    });

    test('before start and after shutdown everything is handed back', async () => {
      const { batch } = mixedBatch(0);
      expect((await exporter.export(batch, forever)).retry).toEqual(batch);
      await exporter.start();
      await exporter.shutdown(forever);
      const exported = await exporter.export(batch, forever);
      expect(exported.retry).toEqual(batch);
      expect(exported.error).toBeInstanceOf(Error);
    });

    test('a shutdown in the middle of an export settles it', async () => {
      await exporter.start();
      const traceId = randomHex(random, 32);
      const batch = batchOf(spans(0, traceId, 5_000));
      const exporting = exporter.export(batch, forever);
      await Promise.all([exporter.shutdown(AbortSignal.timeout(5_000)), exporting]);
      const exported = await exporting;
      expectAccounted(batch, exported);
      exporter = destination.create();
      await exporter.start();
      if (exported.retry) expectAccounted(batch, await exporter.export(exported.retry, forever));
      expect((await destination.trace(traceId)).spanIds).toHaveLength(5_000);
    });

    test('the batch and its bytes are left as they were', async () => {
      await exporter.start();
      const { batch } = mixedBatch(0);
      const before = structuredClone(batch);
      await exporter.export(batch, forever);
      expect(batch).toEqual(before);
    });

    if (harness.canHold) {
      test('a destination that does not answer is given up when the caller says so', async () => {
        await exporter.start();
        await destination.hold!();
        const { batch } = mixedBatch(0);
        const exported = await exporter.export(batch, AbortSignal.timeout(200));
        expectAccounted(batch, exported);
        expect(exported.retry).toBeDefined();
        await destination.mend();
        expectAccounted(batch, await exporter.export(exported.retry!, forever));
      });
    }
  });
}

/** Every item is accepted, rejected or handed back: never two of them, never none. */
function expectAccounted(batch: Batch, exported: Exported): void {
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    const sum = (records: readonly SpoolRecord[]) =>
      records.filter((record) => record.signal === signal).reduce((total, record) => total + record.items, 0);
    const rejected = exported.rejected
      .filter((entry) => entry.signal === signal)
      .reduce((total, { count }) => total + count, 0);
    const settled = (exported.accepted[signal] ?? 0) + rejected + sum(exported.retry?.records ?? []);
    expect({ signal, settled }).toEqual({ signal, settled: sum(batch.records) });
  }
}
