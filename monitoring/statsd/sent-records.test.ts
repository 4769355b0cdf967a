import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { statsdRecord } from '../testing/payloads.ts';
import { SentRecords } from './sent-records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-sent-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (position: number, receivedAt = 5) => statsdRecord({ position, receivedAt }, []);
function opened(): SentRecords {
  const sent = new SentRecords(join(folder, 'memory'));
  sent.load();
  return sent;
}

test('what was sent is remembered in bounded files', () => {
  const sent = opened();
  const all = Array.from({ length: 150_000 }, (_, index) => record(index * 40));
  for (let at = 0; at < all.length; at += 1_000) sent.add(all.slice(at, at + 1_000));
  for (const known of [sent, opened()]) {
    expect(all.slice(-66_000).every((one) => known.has(one))).toBe(true);
    expect(known.has(all[0]!)).toBe(false);
    expect(known.has(record(41))).toBe(false);
    expect(known.has(record(all.at(-1)!.position, 6))).toBe(false);
  }
  for (const file of ['sent', 'sent.old'])
    expect(statSync(join(folder, 'memory', file)).size).toBeLessThan(1.1 * 2 ** 20);
});

test('a torn entry at the end is passed over', () => {
  opened().add([record(1)]);
  appendFileSync(join(folder, 'memory', 'sent'), Buffer.alloc(13, 1));
  opened().add([record(17)]);
  const sent = opened();
  expect([sent.has(record(1)), sent.has(record(17))]).toEqual([true, true]);
});
