import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DataDirectory, type ReadyFile } from './data-directory.ts';
import { Ground } from './ground.ts';

let folder: string;
let directory: DataDirectory;
let taken: number;
let told: (Error | null)[];
beforeEach(() => {
  taken = 0;
  told = [];
  folder = mkdtempSync(join(tmpdir(), 'ringdown-'));
  directory = new DataDirectory(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const standing = () =>
  Ground.of(directory, (trouble) => {
    taken++;
    told.push(trouble);
  });
/** Permissions stop nobody who is root; a file in its place does. */
const inTheWay = () => writeFileSync(directory.path, '');
const outOfTheWay = () => rmSync(directory.path);

test('a data directory that can be written is all it needs', async () => {
  const ground = await standing();
  expect([ground.trouble, ground.working, await ground.take(), taken]).toEqual([null, directory, null, 0]);
  await expect((await standing()).take()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  ground.release();
});

test('one that cannot be written leaves it on a temporary folder, until it can', async () => {
  inTheWay();
  const ground = await standing();
  expect(ground.trouble?.message).toContain(`the data directory ${directory.path} cannot be written: E`);
  const token = directory.token({});
  expect(directory.token({})).toBe(token);
  const ready = { url: 'http://127.0.0.1:4000' } as ReadyFile;
  ground.writeReady(ready);
  await expect(ground.take()).rejects.toThrow(/in memory alone, and a restart forgets them\. Mend/);
  const { working } = ground;
  expect(existsSync(working.path)).toBe(true);

  outOfTheWay();
  expect([await ground.take(), taken]).toEqual([null, 1]);
  expect(new DataDirectory(directory.path).token({})).toBe(token);
  expect(directory.readReady()).toEqual(ready);
  await expect((await standing()).take()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  // Telemetry stays where it is for the rest of this process.
  expect(ground.working).toBe(working);
  ground.release();
  expect(existsSync(working.path)).toBe(false);
});

test('a token that was there before stands for the next start', async () => {
  inTheWay();
  const ground = await standing();
  directory.token({});
  outOfTheWay();
  const earlier = new DataDirectory(directory.path);
  await earlier.prepare();
  const token = earlier.token({});
  await ground.take();
  expect(readFileSync(join(directory.path, 'token'), 'utf8').trim()).toBe(token);
  ground.release();
});

test('one that is full, and another watcher has it, lets nobody start who would tell everything twice', async () => {
  const ground = await standing();
  await ground.take();
  const full = new DataDirectory(directory.path);
  full.prepare = async () => {
    throw new Error('no space left on device');
  };
  await expect(Ground.of(full, () => {})).rejects.toMatchObject({ code: 'ALREADY_RUNNING', exitCode: 2 });
  ground.release();
  const alone = await Ground.of(full, () => {});
  expect([alone.trouble?.message, alone.taken]).toEqual(['no space left on device', false]);
  alone.release();
});

test('the state is opened also where the token cannot be kept, and that is told', async () => {
  inTheWay();
  const ground = await standing();
  directory.token({});
  outOfTheWay();
  mkdirSync(join(directory.path, 'token'), { recursive: true });
  expect([await ground.take(), ground.taken]).toEqual([null, true]);
  expect(told).toEqual([expect.objectContaining({ code: 'EISDIR' })]);
  ground.release();
});
