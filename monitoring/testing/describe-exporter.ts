import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import type { Batch, Exported, Exporter, SpoolRecord } from '../exporter.ts';
import type { Attributes } from '../telemetry.ts';
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
  /** Where single items can be refused: log records with this text in their message are, for good; their neighbours are taken. */
  refuse?(text: string): Promise<void>;
  close(): Promise<void>;
}

/** What of a batch a destination can hold; the rest is reported as filtered. */
export type Carried = 'traces' | 'logs' | 'statsd';

export interface ExporterHarness {
  /** Its destinations can `hold` their answers. */
  canHold?: boolean;
  /** Its destinations can `refuse` single items. */
  canRefuse?: boolean;
  /**
   * `at_least_once`: the destination has no ids, so what is sent twice may be held twice. `exactly_once` when absent.
   * A lost answer, a replay and an aborted export repeat; nothing else does.
   */
  delivery?: 'exactly_once' | 'at_least_once';
  /** Unix milliseconds at which everything happened; a moment in 2026 when absent. Servers that judge ages want the present. */
  nowMs?: number;
  /** Everything when absent. */
  carries?: readonly Carried[];
  /** @param folder empty, removed after the test */
  prepare(folder: string): Promise<Destination>;
}

const RESOURCE = { 'service.name': 'shop', 'service.version': '1.2.3' };

/** What every exporter must do, whatever stands behind it. */
export function describeExporter(name: string, harness: ExporterHarness): void {
  describe(`${name} keeps the exporter contract`, () => {
    const forever = new AbortController().signal;
    let folder: string;
    let destination: Destination;
    let exporter: Exporter;
    let random: () => number;
    const nowMs = harness.nowMs ?? 1_790_000_000_000;
    const nowNs = BigInt(nowMs) * 1_000_000n;
    const isOnce = harness.delivery !== 'at_least_once';
    const carries = (what: Carried) => harness.carries?.includes(what) ?? true;

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
        startNs: nowNs + BigInt(position * 1_000_000 + index),
        durationNs: 1_000_000n,
      }));
      return spansRecord({ position, receivedAt: nowMs + position }, seeds, RESOURCE);
    }

    function logs(position: number, traceId: string, messages: string[]): SpoolRecord {
      const seeds = messages.map((body) => ({ timeNs: nowNs, severityNumber: 17, body, traceId }));
      return logsRecord({ position, receivedAt: nowMs + position }, seeds, RESOURCE);
    }

    function mixedBatch(from: number): { batch: Batch; traceId: string } {
      const traceId = randomHex(random, 32);
      const statsd = statsdRecord({ position: from + 2, receivedAt: nowMs + from }, ['orders:2|c', 'orders:3|c']);
      return { batch: batchOf(spans(from, traceId, 5), logs(from + 1, traceId, ['first', 'second']), statsd), traceId };
    }

    /** What the destination should hold of a batch that was sent once. */
    async function expectHeld(traceId: string, spans: number, messages: string[]): Promise<void> {
      const held = await destination.trace(traceId);
      expect(held.spanIds).toHaveLength(carries('traces') ? spans : 0);
      expect(held.messages.sort()).toEqual(carries('logs') ? messages : []);
    }

    /** The same of one that may have been sent more than once. */
    async function expectHeldAgain(traceId: string, spans: number): Promise<void> {
      const { spanIds } = await destination.trace(traceId);
      expect(new Set(spanIds).size).toBe(carries('traces') ? spans : 0);
      if (isOnce) expect(spanIds).toHaveLength(carries('traces') ? spans : 0);
    }

    async function expectCounted(name: string, sum: number): Promise<void> {
      if (!carries('statsd')) return;
      if (isOnce) expect(await destination.counter(name)).toBe(sum);
      else expect(await destination.counter(name)).toBeGreaterThanOrEqual(sum);
    }

    /** Carried items are accepted, the others filtered. */
    function settledAs(traces: number, logs: number, statsd: number): Partial<Exported> {
      const split = (keep: boolean) => ({
        ...(traces > 0 && carries('traces') === keep ? { traces } : {}),
        ...(logs > 0 && carries('logs') === keep ? { logs } : {}),
        ...(statsd > 0 && carries('statsd') === keep ? { metrics: statsd } : {}),
      });
      const filtered = split(false);
      return { accepted: split(true), ...(Object.keys(filtered).length > 0 ? { filtered } : {}) };
    }

    test('what is accepted is there', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      expect(await exporter.export(batch, forever)).toEqual({ ...settledAs(5, 2, 2), rejected: [] });
      await expectHeld(traceId, 5, ['first', 'second']);
      if (carries('statsd')) expect(await destination.counter('orders')).toBe(5);
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
      await expectHeld(traceId, 5, ['first', 'second']);
    });

    test('what comes back comes back in whole records, of which nothing is counted', async () => {
      await destination.breakDown();
      await exporter.start();
      const { batch } = mixedBatch(0);
      const { retry, accepted, rejected } = await exporter.export(batch, forever);
      for (const record of retry!.records) expect(batch.records).toContainEqual(record);
      for (const { signal } of retry!.records) {
        expect([signal, accepted[signal] ?? 0]).toEqual([signal, 0]);
        expect(rejected.filter((entry) => entry.signal === signal)).toEqual([]);
      }
    });

    test('a malformed record is rejected for good, its neighbours arrive', async () => {
      await exporter.start();
      const traceId = randomHex(random, 32);
      const bad = malformedRecord({ position: 1, receivedAt: nowMs + 1 }, carries('traces') ? 'traces' : 'metrics', 9);
      const batch = batchOf(spans(0, traceId, 2), bad, logs(2, traceId, ['after']));
      const exported = await exporter.export(batch, forever);
      expectAccounted(batch, exported);
      expect(exported.retry).toBeUndefined();
      await expectHeld(traceId, 2, ['after']);
      if (!carries('traces')) return;
      expect(exported).toMatchObject(settledAs(2, 1, 0));
      expect(exported.rejected).toMatchObject([{ signal: 'traces', count: 9 }]);
      expect(exported.rejected[0]!.reason).not.toBe('');
      if (!exporter.committed) expect(exported.rejected[0]!.position).toBe(1);
    });

    test('attributes of any type are taken, whatever their names promise', async () => {
      await exporter.start();
      const traceId = randomHex(random, 32);
      const names = ['http.response.status_code', 'http.route', 'http.request.method', 'client.address', 'user.id'];
      const odd: Attributes[] = [{ a: { b: 1 } }, [500, 'x'], null, true, Number.NaN].map((value) =>
        Object.fromEntries(names.map((name) => [name, value])),
      );
      const seeds = odd.map((attributes, index) => ({
        traceId,
        spanId: randomHex(random, 16),
        startNs: nowNs + BigInt(index),
        durationNs: 1n,
        attributes,
      }));
      const batch = batchOf(
        spansRecord({ position: 0, receivedAt: nowMs }, seeds, { 'service.name': { a: 1 }, 'service.version': [1] }),
      );
      expect(await exporter.export(batch, forever)).toEqual({ ...settledAs(5, 0, 0), rejected: [] });
      await expectHeld(traceId, 5, []);
    });

    test('malformed lines inside a record are counted apart from the good ones', async () => {
      await exporter.start();
      const lines = ['orders:1|c', 'nonsense', 'orders:x|c', 'orders:4|c'];
      const batch = batchOf(statsdRecord({ position: 0, receivedAt: nowMs }, lines));
      const exported = await exporter.export(batch, forever);
      expectAccounted(batch, exported);
      if (!carries('statsd')) return;
      expect(exported.accepted).toEqual({ metrics: 2 });
      expect(await destination.counter('orders')).toBe(5);
    });

    test('an aborted export is handed back whole or done whole, and its retry loses nothing', async () => {
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
      await expectHeldAgain(traceId, 6_000);
    });

    test('an export that is aborted before it begins sends nothing', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      const exported = await exporter.export(batch, AbortSignal.abort(new Error('deadline')));
      expect(exported.retry).toEqual(batch);
      expectAccounted(batch, exported);
      expect((await destination.trace(traceId)).spanIds).toEqual([]);
    });

    test('the same batch twice, as after an answer that was lost, is taken; ids keep it from being held twice', async () => {
      await exporter.start();
      const { batch, traceId } = mixedBatch(0);
      expectAccounted(batch, await exporter.export(batch, forever));
      const again = await exporter.export(batch, forever);
      expectAccounted(batch, again);
      expect(again.retry).toBeUndefined();
      await expectHeldAgain(traceId, 5);
      await expectCounted('orders', 5);
    });

    test('a restart goes on where the last exporter stopped, and a replay from further back loses nothing', async () => {
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
        await expectHeldAgain(traceId, 5);
        const { messages } = await destination.trace(traceId);
        expect(new Set(messages).size).toBe(carries('logs') ? 2 : 0);
        if (isOnce) expect(messages).toHaveLength(carries('logs') ? 2 : 0);
      }
      await expectCounted('orders', 15);
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
      await expectHeldAgain(traceId, 5_000);
    });

    test('the batch and its bytes are left as they were', async () => {
      await exporter.start();
      const { batch } = mixedBatch(0);
      const before = structuredClone(batch);
      await exporter.export(batch, forever);
      expect(batch).toEqual(before);
    });

    if (harness.canRefuse) {
      test('an item that the destination refuses is rejected with its words and its place, its neighbours arrive', async () => {
        await exporter.start();
        await destination.refuse!('poison');
        const traceId = randomHex(random, 32);
        const batch = batchOf(spans(0, traceId, 2), logs(1, traceId, ['before', 'poison', 'after']));
        const exported = await exporter.export(batch, forever);
        expectAccounted(batch, exported);
        expect(exported.retry).toBeUndefined();
        expect(exported.rejected).toMatchObject([{ signal: 'logs', count: 1, position: 1 }]);
        expect(exported.rejected[0]!.reason).not.toBe('');
        expect(exported.accepted).toEqual({ traces: 2, logs: 2 });
        await expectHeld(traceId, 2, ['after', 'before']);
      });
    }

    if (harness.canHold) {
      test('a destination that does not answer is given up when the caller says so', async () => {
        await exporter.start();
        await destination.hold!();
        const { batch } = mixedBatch(0);
        const exported = await exporter.export(batch, AbortSignal.timeout(200));
        expectAccounted(batch, exported);
        expect(exported.retry).toBeDefined();
        await destination.mend();
        expectAccounted(exported.retry!, await exporter.export(exported.retry!, forever));
      });
    }
  });
}

/** Every item is accepted, filtered, rejected or handed back: never two of them, never none. */
function expectAccounted(batch: Batch, exported: Exported): void {
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    const sum = (records: readonly SpoolRecord[]) =>
      records.filter((record) => record.signal === signal).reduce((total, record) => total + record.items, 0);
    const rejected = exported.rejected
      .filter((entry) => entry.signal === signal)
      .reduce((total, { count }) => total + count, 0);
    const settled =
      (exported.accepted[signal] ?? 0) +
      (exported.filtered?.[signal] ?? 0) +
      rejected +
      sum(exported.retry?.records ?? []);
    expect({ signal, settled }).toEqual({ signal, settled: sum(batch.records) });
  }
}
