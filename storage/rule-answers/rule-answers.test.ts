import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StoredSegment } from '../../alerts/history/history.ts';
import { answerFiles } from './index.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 20);
let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'history-files-'));
  folder = join(parent, 'rule-answers');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const segment = (from: number, text = 'x', lasts = 1_000): StoredSegment => ({
  from,
  to: from + lasts,
  body: Buffer.from(text),
});

async function read(from: number, to: number, files = answerFiles(folder)): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for await (const one of files.between(from, to)) found.push(one && Buffer.from(one.body).toString());
  return found;
}

test('segments come back in their order, those of the time alone, whoever wrote them', async () => {
  expect(await read(0, Date.now())).toEqual([]);
  const first = answerFiles(folder);
  await first.append(segment(START, 'one'));
  // Over midnight: it lies in the file of the day it ends in.
  await first.append(segment(START + DAY - 500, 'two'));
  const second = answerFiles(folder);
  await second.append(segment(START + 2 * DAY, 'three'));
  expect(await read(START, START + 3 * DAY)).toEqual(['one', 'two', 'three']);
  expect(await read(START + 5_000, START + DAY - 300)).toEqual(['two']);
  expect(await read(START + 3 * DAY, START + 4 * DAY)).toEqual([]);
});

test('a torn line is one segment lost, before a restart and after it', async () => {
  await answerFiles(folder).append(segment(START, 'one'));
  await answerFiles(folder).append(segment(START + 1, 'two'));
  const file = join(folder, '2026-11-20.txt');
  truncateSync(file, readFileSync(file).length - 4);
  await answerFiles(folder).append(segment(START + 2, 'three'));
  const found = await read(START, START + DAY);
  expect([found[0], found[2]]).toEqual(['one', 'three']);
  expect(found).toHaveLength(3);
  writeFileSync(file, '\0\0 what is this?\n1 2\n');
  expect(await read(START, START + DAY)).toEqual([null, null]);
});

test('days that are over are deleted, and the oldest of too much; the newest stays', async () => {
  const files = answerFiles(folder, () => true, 1_000);
  for (let day = 0; day < 5; day++) await files.append(segment(START + day * DAY, 'x'.repeat(300)));
  await files.prune(START + DAY + 1);
  // Of four that are young enough, two have room.
  expect(readdirSync(folder).sort()).toEqual(['2026-11-23.txt', '2026-11-24.txt']);
  await files.prune(START + 30 * DAY);
  expect(readdirSync(folder)).toEqual(['2026-11-24.txt']);
});

test('in a folder that is not ours nothing is made, written or removed', async () => {
  await answerFiles(folder).append(segment(START, 'theirs'));
  await answerFiles(folder).append(segment(START + 5 * 86_400_000, 'theirs, later'));
  let ours = false;
  const files = answerFiles(folder, () => ours, 1);
  await expect(files.append(segment(START + 1, 'mine'))).rejects.toThrow("not this watcher's");
  await files.prune(START + 86_400_000);
  expect(await read(START, START + 6 * 86_400_000, files)).toEqual(['theirs', 'theirs, later']);
  ours = true;
  await files.append(segment(START + 1, 'mine'));
  expect(await read(START, START + 1, files)).toEqual(['theirs', 'mine']);
});
