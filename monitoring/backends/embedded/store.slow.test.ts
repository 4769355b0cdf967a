import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../../core/testing/seeded-random.ts';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { BackendSettings } from '../../exporter.ts';
import { batchOf, spansRecord } from '../../testing/payloads.ts';
import { createEmbedded } from './index.ts';

const forever = new AbortController().signal;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 10, 23, 10);
const EVER = { from: 0, to: 4e12 };

let folder: string;
let clock: VirtualClock;
let running: ReturnType<typeof createEmbedded>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-store-'));
  clock = new VirtualClock(T0);
  running = [];
});

afterEach(async () => {
  for (const embedded of running) await embedded.exporter.shutdown(forever);
  rmSync(folder, { recursive: true, force: true });
});

async function open(settings: Partial<BackendSettings> = {}) {
  const embedded = createEmbedded({ name: 'local', type: 'embedded', dataDir: folder, ...settings }, clock);
  running.push(embedded);
  await embedded.exporter.start();
  return embedded;
}

/** Received now. */
function record(position: number, traceId: string, count = 3, filler = 64) {
  const random = seededRandom(position);
  const spans = Array.from({ length: count }, () => ({
    traceId,
    spanId: randomHex(random, 16),
    startNs: BigInt(clock.now()) * 1_000_000n,
    durationNs: 1_000n,
    attributes: { 'url.path': incompressible(random, filler) },
  }));
  return spansRecord({ position, receivedAt: clock.now() }, spans, {
    'service.name': 'shop',
    'service.version': '1',
  });
}

function incompressible(random: () => number, digits: number): string {
  const bytes = Buffer.alloc(digits / 2);
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes.toString('hex');
}

const idOf = (n: number) => n.toString(16).padStart(32, '0');
const files = (ending = '.duckdb') => readdirSync(folder).filter((name) => name.endsWith(ending));

async function held({ reader }: ReturnType<typeof createEmbedded>, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let n = 1; n <= count; n++) {
    const trace = await reader.ask({ ask: 'trace', trace_id: idOf(n) }, EVER);
    if (trace) found.push(n);
  }
  return found;
}

/** Waits until upkeep, which the moved clock has set off, is done. */
async function advance(embedded: ReturnType<typeof createEmbedded>, ms: number): Promise<void> {
  await clock.advance(ms);
  await embedded.store.upkeep();
}

test('each day has a file of its own, and questions see all of them', async () => {
  const embedded = await open();
  for (let day = 1; day <= 3; day++) {
    await embedded.exporter.export(batchOf(record(day, idOf(day))), forever);
    await advance(embedded, DAY);
  }
  expect(files()).toHaveLength(4);
  expect(await held(embedded, 3)).toEqual([1, 2, 3]);
});

test('what is older than the retention is deleted with its file, by the timer, also when nothing new arrives', async () => {
  const embedded = await open({ retention: '2d' });
  for (let day = 1; day <= 4; day++) {
    await embedded.exporter.export(batchOf(record(day, idOf(day))), forever);
    await advance(embedded, DAY);
  }
  expect(await held(embedded, 4)).toEqual([3, 4]);
  await advance(embedded, 3 * DAY);
  expect(await held(embedded, 4)).toEqual([]);
  expect(embedded.exporter.committed()).toBe(5);
  expect(files()).toHaveLength(1);
  // The past is forgotten, but not that this version is old.
  await embedded.exporter.export(batchOf(record(9, idOf(9))), forever);
  const versions = await embedded.reader.ask({ ask: 'versions' }, EVER);
  expect(versions).toEqual([{ service: 'shop', version: '1', first_seen: '2026-11-23T10:00:00.000000000Z' }]);
});

test('the size cap gives up the oldest files first and keeps the newest spans', async () => {
  const embedded = await open({ max_size: '10MB' });
  const count = 24;
  for (let n = 1; n <= count; n++) {
    await embedded.exporter.export(batchOf(record(n, idOf(n), 200, 4_000)), forever);
    await advance(embedded, 30_000);
  }
  const size = readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0);
  expect(size).toBeLessThan(10e6);
  const left = await held(embedded, count);
  expect(left.length).toBeGreaterThan(3);
  expect(left.length).toBeLessThan(count);
  expect(left.at(-1)).toBe(count);
  expect(left).toEqual(Array.from({ length: left.length }, (_, index) => count - left.length + 1 + index));
});

test('files that nobody asks are closed, and opened again when someone does', async () => {
  const embedded = await open();
  await embedded.exporter.export(batchOf(record(1, idOf(1))), forever);
  await advance(embedded, DAY);
  const [old] = files();
  const isOpen = () => readdirSync('/proc/self/fd').some((fd) => linkOf(fd).endsWith(old!));
  expect(await held(embedded, 1)).toEqual([1]);
  if (process.platform === 'linux') expect(isOpen()).toBe(true);
  await advance(embedded, 120_000);
  if (process.platform === 'linux') expect(isOpen()).toBe(false);
  expect(await held(embedded, 1)).toEqual([1]);
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

test('files that a question opened share one budget of memory: large ones are closed again at once', async () => {
  const embedded = await open({ memory_limit: '64MB' });
  for (let day = 1; day <= 5; day++) {
    await embedded.exporter.export(batchOf(record(day, idOf(day))), forever);
    await advance(embedded, DAY);
  }
  // DuckDB ignores what lies behind its blocks.
  for (const name of files().slice(0, 3)) truncateSync(join(folder, name), 60e6);
  const isOpen = (name: string) => readdirSync('/proc/self/fd').some((fd) => linkOf(fd).endsWith(name));
  const answers = await Promise.all([held(embedded, 5), held(embedded, 2)]);
  expect(answers).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2],
  ]);
  const large = files().slice(0, 3);
  if (process.platform === 'linux') {
    while (large.filter(isOpen).length > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(files().slice(3).filter(isOpen).length).toBeGreaterThan(1);
  }
  expect(await held(embedded, 5)).toEqual([1, 2, 3, 4, 5]);
});

function flip(file: string, at: number): void {
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, at);
  writeSync(descriptor, Buffer.from([byte[0]! ^ 0x55]), 0, 1, at);
  closeSync(descriptor);
}

async function threeDays(): Promise<void> {
  const embedded = await open();
  for (let day = 1; day <= 3; day++) {
    await embedded.exporter.export(batchOf(record(day, idOf(day), 2_000)), forever);
    if (day < 3) await advance(embedded, DAY);
  }
  await embedded.exporter.shutdown(forever);
}

test('a file that is no database any more is moved aside at start, the others serve', async () => {
  await threeDays();
  writeFileSync(join(folder, files()[0]!), 'not a database');
  const embedded = await open();
  expect(await held(embedded, 3)).toEqual([2, 3]);
  expect(embedded.store.quarantined).toBe(1);
  expect(files('.quarantined')).toHaveLength(1);
  expect((await embedded.exporter.export(batchOf(record(4, idOf(4))), forever)).accepted).toEqual({ traces: 3 });
});

test('damage of the newest file takes the spool position back, so that the relay brings the records again', async () => {
  await threeDays();
  writeFileSync(join(folder, files()[2]!), Buffer.alloc(100_000, 7));
  const embedded = await open();
  expect(embedded.exporter.committed()).toBe(3);
  clock.step(1);
  await embedded.exporter.export(batchOf(record(3, idOf(3))), forever);
  expect(await held(embedded, 3)).toEqual([1, 2, 3]);
});

test('a flipped byte found by a question moves that file aside and the question is answered from the others', async () => {
  await threeDays();
  const random = seededRandom(3);
  const file = join(folder, files()[1]!);
  const size = statSync(file).size;
  for (let hit = 0; hit < 40; hit++) flip(file, 12_288 + Math.floor(random() * (size - 12_288)));
  const embedded = await open();
  expect(await held(embedded, 3)).toEqual([1, 3]);
  expect(embedded.store.quarantined).toBe(1);
});

test('a flipped byte in the log loses what was not folded in, and no more', async () => {
  const first = await open();
  await first.exporter.export(batchOf(record(1, idOf(1))), forever);
  await first.exporter.shutdown(forever);
  const second = await open();
  await second.exporter.export(batchOf(record(2, idOf(2))), forever);
  // A copy taken while it runs is what a power failure leaves.
  const [name] = files();
  const database = readFileSync(join(folder, name!));
  const log = readFileSync(join(folder, `${name}.wal`));
  await second.exporter.shutdown(forever);
  writeFileSync(join(folder, name!), database);
  // Inside what was written: a length that is wrong reads as an end that was not written, which is dropped without a word.
  const written = log.indexOf('shop');
  expect(written).toBeGreaterThan(0);
  log[written]! ^= 0x55;
  writeFileSync(join(folder, `${name}.wal`), log);
  const third = await open();
  expect(await held(third, 2)).toEqual([1]);
  expect(third.exporter.committed()).toBe(2);
  expect(files('.wal.quarantined')).toHaveLength(1);
});

test('a file that ended the process three times while being opened is not opened a fourth time', async () => {
  await threeDays();
  writeFileSync(join(folder, `${files()[0]}.opening`), 'xxx');
  const embedded = await open();
  expect(await held(embedded, 3)).toEqual([2, 3]);
});

test('a spool that was lost and begins again at zero is not mistaken for a replay', async () => {
  const embedded = await open();
  await embedded.exporter.export(batchOf(record(900, idOf(1))), forever);
  clock.step(1_000);
  await embedded.exporter.export(batchOf(record(0, idOf(2))), forever);
  expect(await held(embedded, 2)).toEqual([1, 2]);
  expect(embedded.exporter.committed()).toBe(1);
});

test('a span is seen by the next question after its export, and questions are answered during one', async () => {
  const embedded = await open();
  const big = batchOf(...Array.from({ length: 10 }, (_, index) => record(index, idOf(7), 1_500)));
  await embedded.exporter.export(batchOf(record(100, idOf(1))), forever);
  clock.step(1);
  const later = batchOf(
    ...big.records.map((one, index) => ({ ...one, position: 200 + index, receivedAt: clock.now() })),
  );
  let exporting = true;
  const done = embedded.exporter.export(later, forever).then(() => {
    exporting = false;
  });
  expect(await held(embedded, 1)).toEqual([1]);
  expect(exporting).toBe(true);
  await done;
});

test('settings that make no sense are refused, all at once', () => {
  const create = () =>
    createEmbedded(
      { name: 'local', type: 'embedded', dataDir: folder, retention: 'long', max_size: '1B', compress: true },
      clock,
    );
  expect(create).toThrow(expect.objectContaining({ code: 'INVALID_BACKEND', exitCode: 2 }));
  expect(create).toThrow(/retention.*max_size.*compress/);
});
