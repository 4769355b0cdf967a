import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { systemFiles } from './files.ts';
import { SpoolUnavailable } from './group-queue.ts';
import type { NewRecord } from './record.ts';
import { Spool, type SpoolOptions } from './spool.ts';

const LIMITS = { maxItems: 1000, maxBytes: 1 << 20 };
let folder: string;
const damage: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-spool-'));
  damage.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({
    folder,
    maxBytes: 1 << 30,
    startAt: 0,
    onAppended: () => undefined,
    onDrop: async () => undefined,
    onDamage: (message) => damage.push(message),
    ...options,
  });
}

function record(text: string, items = 1): NewRecord {
  return { signal: 'traces', encoding: 'otlp', items, receivedAt: 1000, bytes: Buffer.from(text) };
}

/** Everything from `from` on, as texts and counts. */
async function readAll(spool: Spool, from = 0): Promise<{ texts: string[]; lost: Counts; positions: number[] }> {
  const all = { texts: [] as string[], lost: noCounts(), positions: [] as number[] };
  for (let at = from, turns = 0; ; turns++) {
    if (turns > 5000) throw new Error(`reading stands still at ${at} of ${spool.end}`);
    const { records, lost, next } = await spool.read(at, LIMITS);
    for (const { bytes, position } of records) {
      all.texts.push(Buffer.from(bytes).toString());
      all.positions.push(position);
    }
    addCounts(all.lost, lost);
    if (next === at && records.length === 0 && at >= spool.end) return all;
    at = next;
  }
}

async function segmentFiles(): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(folder, name));
}

/** A small random number generator, so that a failure can be repeated. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('the spool', () => {
  test('gives back what was appended, in order, also after it was opened anew', async () => {
    const spool = await openSpool();
    const texts = Array.from({ length: 50 }, (_, index) => `record ${index} ${'x'.repeat(index * 40)}`);
    await Promise.all(texts.map((text) => spool.append(record(text))));
    expect((await readAll(spool)).texts).toEqual(texts);
    const { end } = spool;
    await spool.close();
    const again = await openSpool();
    expect(again.end).toBe(end);
    expect((await readAll(again)).texts).toEqual(texts);
    await again.append(record('after'));
    expect((await readAll(again, end)).texts).toEqual(['after']);
    await again.close();
    expect(damage).toEqual([]);
  });

  test('concurrent appends share an fdatasync', async () => {
    let syncs = 0;
    const files = {
      ...systemFiles,
      sync: async (file: Parameters<typeof systemFiles.sync>[0]) => {
        syncs++;
        await systemFiles.sync(file);
      },
    };
    const spool = await openSpool({ files });
    await Promise.all(Array.from({ length: 200 }, (_, index) => spool.append(record(`r${index}`))));
    expect(syncs).toBeLessThanOrEqual(3);
    await spool.close();
  });

  test('a record larger than the reading limit is read whole, and items bound a batch', async () => {
    const spool = await openSpool();
    await spool.append(record('y'.repeat(3 << 20), 5000));
    await spool.append(record('small', 900));
    await spool.append(record('small', 900));
    const first = await spool.read(0, LIMITS);
    expect(first.records.map(({ items }) => items)).toEqual([5000]);
    const second = await spool.read(first.next, LIMITS);
    expect(second.records.map(({ items }) => items)).toEqual([900]);
    await spool.close();
  });

  test('segments that every reader has passed are deleted, and their positions are not used again', async () => {
    const spool = await openSpool({ maxBytes: 1 << 20 });
    for (let index = 0; index < 6; index++) await spool.append(record('z'.repeat(60_000)));
    const { end } = spool;
    const before = (await segmentFiles()).length;
    await spool.release(end);
    expect((await segmentFiles()).length).toBeLessThan(before);
    await spool.close();
    await rm(folder, { recursive: true });
    await mkdir(folder);
    const again = await openSpool({ startAt: end });
    expect(again.end).toBe(end);
    await again.append(record('next'));
    expect((await readAll(again, end)).positions).toEqual([end]);
    await again.close();
  });

  test('when it is full the oldest segment goes, and who reads is told first', async () => {
    const drops: number[] = [];
    const spool = await openSpool({
      maxBytes: 1 << 20,
      onDrop: async (start) => {
        drops.push(start);
      },
    });
    for (let index = 0; index < 40; index++) await spool.append(record(`${index} ${'z'.repeat(60_000)}`));
    expect(spool.bytes).toBeLessThanOrEqual(1 << 20);
    expect(drops.at(-1)).toBe(spool.start);
    const { texts } = await readAll(spool, spool.start);
    expect(texts.at(-1)!.slice(0, 3)).toBe('39 ');
    const stale = await readAll(spool, 0);
    expect(stale.texts.length).toBe(texts.length);
    await spool.close();
  });
});

describe('a crash or a fault of the disk', () => {
  test('a tail torn at any byte of the last record is cut off, and writing goes on', async () => {
    const spool = await openSpool();
    await spool.append(record('first'));
    const kept = spool.end;
    await spool.append(record('second, torn'));
    const { end } = spool;
    await spool.close();
    const [path] = await segmentFiles();
    const whole = await readFile(path!);
    for (let length = kept; length < end; length++) {
      await writeFile(path!, whole.subarray(0, length));
      const torn = await openSpool();
      expect(torn.end).toBe(kept);
      await torn.append(record('third'));
      expect((await readAll(torn)).texts).toEqual(['first', 'third']);
      await torn.close();
      for (const file of await segmentFiles()) await rm(file);
    }
    expect(damage).toEqual([]);
  }, 60_000);

  test.each([0, 10])(
    'a kill within the first write to a segment (%i bytes of it) costs nothing of what follows',
    async (bytes) => {
      const first = await openSpool();
      await first.append(record('first'));
      await first.close();
      // What is there when the process ends between making a segment and writing to it.
      await writeFile(join(folder, `${String(first.end).padStart(16, '0')}.segment`), Buffer.alloc(bytes));
      const spool = await openSpool();
      const { end } = spool;
      await spool.append(record('second'));
      await spool.release(end);
      expect((await readAll(spool, end)).texts).toEqual(['second']);
      await spool.close();
      expect((await readAll(await openSpool(), end)).texts).toEqual(['second']);
    },
  );

  test('flipped bytes cost the rest of their segment, counted; it opens, reads and writes on', async () => {
    const source = await openSpool({ maxBytes: 1 << 20 });
    const total = 60;
    for (let index = 0; index < total; index++) await source.append(record(`${index}:${'p'.repeat(10_000)}`, 3));
    await source.close();
    const files = await segmentFiles();
    const pristine = `${folder}-pristine`;
    await mkdir(pristine);
    for (const file of files) await copyFile(file, file.replace(folder, pristine));
    const random = seeded(42);
    for (let round = 0; round < 40; round++) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      for (const file of files) await copyFile(file.replace(folder, pristine), file);
      const victim = files[random(files.length)]!;
      const bytes = await readFile(victim);
      const at = random(bytes.length);
      bytes[at]! ^= 1 << random(8);
      await writeFile(victim, bytes);
      damage.length = 0;
      const spool = await openSpool({ maxBytes: 1 << 20 });
      expect(damage.length).toBe(1);
      const counted = await spool.count(0, Number.POSITIVE_INFINITY);
      const { texts, lost } = await readAll(spool);
      // The damaged record's own header may be what was flipped; all others are counted exactly.
      expect(texts.length * 3 + lost.traces).toBe(counted.traces);
      expect(total * 3 - counted.traces).toBeLessThanOrEqual(3);
      expect(total - texts.length).toBeLessThanOrEqual(14);
      await spool.append(record('goes on'));
      expect((await readAll(spool)).texts.at(-1)).toBe('goes on');
      await spool.close();
      const reopened = await openSpool({ maxBytes: 1 << 20 });
      expect(await reopened.count(0, Number.POSITIVE_INFINITY)).toEqual({ ...counted, traces: counted.traces + 1 });
      await reopened.close();
    }
    await rm(pristine, { recursive: true });
  }, 60_000);

  test('damage that is found while reading is counted exactly', async () => {
    const spool = await openSpool();
    for (let index = 0; index < 10; index++) await spool.append(record(`record ${index}`, 7));
    const { positions } = await readAll(spool);
    const [path] = await segmentFiles();
    const file = await open(path!, 'r+');
    await file.write(Buffer.from([0xff]), 0, 1, positions[6]! + 24);
    await file.close();
    const { texts, lost } = await readAll(spool);
    expect(texts.length).toBe(6);
    expect(lost.traces).toBe(28);
    await spool.append(record('after'));
    expect((await readAll(spool)).texts.at(-1)).toBe('after');
    expect(await spool.count(0, Number.POSITIVE_INFINITY)).toMatchObject({ traces: 71 });
    expect(damage.length).toBe(1);
    await spool.close();
  });

  test('a full disk refuses the write, harms nothing that was taken, and is left behind once there is room', async () => {
    let full = false;
    const files = {
      ...systemFiles,
      write: async (...args: Parameters<typeof systemFiles.write>) => {
        if (!full) return systemFiles.write(...args);
        const [file, buffers, at] = args;
        await systemFiles.write(file, [buffers[0]!.subarray(0, 10)], at);
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    };
    const spool = await openSpool({ files });
    await spool.append(record('before'));
    full = true;
    for (let time = 0; time < 3; time++) {
      await expect(spool.append(record('refused'))).rejects.toBeInstanceOf(SpoolUnavailable);
    }
    full = false;
    await spool.append(record('after'));
    expect((await readAll(spool)).texts).toEqual(['before', 'after']);
    await spool.close();
    const again = await openSpool();
    expect((await readAll(again)).texts).toEqual(['before', 'after']);
    await again.close();
    expect(damage).toEqual([]);
  });

  test('an empty or foreign file in its folder does not stop it', async () => {
    const spool = await openSpool();
    await spool.append(record('kept'));
    const { end } = spool;
    await spool.close();
    await writeFile(join(folder, `${String(end).padStart(16, '0')}.segment`), '');
    await writeFile(join(folder, 'notes.txt'), 'hello');
    const again = await openSpool();
    await again.append(record('more'));
    expect((await readAll(again)).texts).toEqual(['kept', 'more']);
    await again.close();
    await truncate((await segmentFiles())[0]!, 0);
    const emptied = await openSpool();
    expect((await readAll(emptied)).texts).toEqual(['more']);
    await emptied.close();
  });
});
