import { cp, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { SpoolRecord } from '../../exporter.ts';
import { systemFiles } from '../spool/files.ts';
import { DeadLetters, type DeadLettersOptions } from './dead-letters.ts';

let folder: string;
let logged: string[];
const clock = new VirtualClock();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-letters-'));
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function openLetters(more: Partial<DeadLettersOptions> = {}): Promise<DeadLetters> {
  const log = (_: unknown, message: string) => void logged.push(message);
  return DeadLetters.open({ folder, backend: 'elk', clock, log, ...more });
}

function refused(position: number, more: { bytes?: Uint8Array; reasons?: [string, number][] } = {}) {
  const bytes = more.bytes ?? Buffer.from(`record ${position}`);
  const record: SpoolRecord = { position, signal: 'logs', encoding: 'otlp', items: 10, receivedAt: 5, bytes };
  return { record, reasons: new Map(more.reasons ?? [['too long', 3]]) };
}

describe('dead letters', () => {
  test('are listed newest first, read back byte for byte, and removed, also after a restart', async () => {
    const letters = await openLetters();
    await letters.keep([
      refused(100),
      refused(200, {
        reasons: [
          ['mapping', 1],
          ['too long', 2],
        ],
      }),
      refused(300),
    ]);
    await letters.remove(['100', '999']);
    await letters.close();
    const again = await openLetters();
    expect(again.size).toEqual({ records: 2, bytes: 20 });
    expect(await again.list(10)).toEqual([
      expect.objectContaining({ id: '300', backend: 'elk', signal: 'logs', reason: 'too long', count: 3, bytes: 10 }),
      {
        id: '200',
        backend: 'elk',
        signal: 'logs',
        rejected_at: new Date(clock.now()).toISOString(),
        reason: 'too long; mapping',
        count: 3,
        bytes: 10,
      },
    ]);
    expect((await again.list(1)).map(({ id }) => id)).toEqual(['300']);
    const letter = (await again.read('200'))!;
    expect({ ...letter.record, bytes: Buffer.from(letter.record.bytes) }).toEqual({
      ...refused(200).record,
      bytes: Buffer.from('record 200'),
    });
    await again.close();
  });

  test('a record that is refused once more, as after a crash, is there once, with its new reason', async () => {
    const letters = await openLetters();
    await letters.keep([refused(1), refused(2)]);
    await letters.keep([refused(1, { reasons: [['still too long', 1]] })]);
    expect(letters.ids).toEqual(['2', '1']);
    await letters.close();
    const again = await openLetters();
    expect(again.ids).toEqual(['2', '1']);
    expect((await again.list(1))[0]).toMatchObject({ reason: 'still too long', count: 1 });
    await again.close();
  });

  test('past its size the oldest go, counted in a line; past its number as well', async () => {
    const letters = await openLetters({ maxBytes: 1 << 20 });
    for (let position = 0; position < 40; position++)
      await letters.keep([refused(position, { bytes: Buffer.alloc(60_000) })]);
    const { records } = letters.size;
    expect(records).toBeGreaterThan(8);
    expect(records).toBeLessThan(20);
    expect(letters.ids.at(-1)).toBe('39');
    const told = logged.map((line) => Number(/oldest (\d+) records/.exec(line)![1]));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(40 - records);
    expect(logged[0]).toMatch(/with \d+ refused items/);
    await letters.close();
    const few = await openLetters({ maxRecords: 3 });
    expect(few.ids).toEqual(['37', '38', '39']);
    await few.close();
  });

  test('what was replayed leaves the disk', async () => {
    const letters = await openLetters({ maxBytes: 1 << 20 });
    for (let position = 0; position < 12; position++)
      await letters.keep([refused(position, { bytes: Buffer.alloc(60_000) })]);
    const before = (await readdir(folder)).length;
    await letters.remove(letters.ids);
    expect((await readdir(folder)).length).toBeLessThan(before);
    expect(letters.size).toEqual({ records: 0, bytes: 0 });
    await letters.close();
  });

  test('a crash at any byte of the last write leaves all that was kept before', async () => {
    const letters = await openLetters();
    await letters.keep([refused(1)]);
    await letters.keep([refused(2)]);
    await letters.close();
    const [name] = (await readdir(folder)).filter((each) => each.endsWith('.segment'));
    const whole = `${folder}-whole`;
    await cp(folder, whole, { recursive: true });
    const file = await open(join(folder, name!), 'r');
    const { size } = await file.stat();
    await file.close();
    for (let cut = 1; cut < size / 2; cut += 7) {
      await cp(whole, folder, { recursive: true });
      const torn = await open(join(folder, name!), 'r+');
      await torn.truncate(size - cut);
      await torn.close();
      const again = await openLetters();
      expect(again.ids).toEqual(['1']);
      await again.keep([refused(3)]);
      expect(again.ids).toEqual(['1', '3']);
      await again.close();
      await rm(folder, { recursive: true });
    }
    await rm(whole, { recursive: true });
  });

  test('damage costs what it hit, is told, and keeps nothing from starting', async () => {
    const letters = await openLetters();
    for (let position = 1; position <= 5; position++) await letters.keep([refused(position)]);
    await letters.close();
    const [name] = (await readdir(folder)).filter((each) => each.endsWith('.segment'));
    const file = await open(join(folder, name!), 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.from([0xff]), 0, 1, Math.floor(size / 2));
    await file.close();
    const again = await openLetters();
    expect(again.ids).toEqual(['1', '2']);
    expect(logged[0]).toContain('quarantine');
    await again.keep([refused(6)]);
    await again.close();
    const third = await openLetters();
    expect(third.ids).toEqual(['1', '2', '6']);
    await third.close();
  });

  test('a full disk is told and holds nobody up', async () => {
    const files = {
      ...systemFiles,
      write: async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    };
    const letters = await openLetters({ files });
    await letters.keep([refused(1)]);
    expect(letters.size.records).toBe(0);
    expect(logged[0]).toContain('could not be kept');
    await letters.close();
  });
});
