import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../core/clock.ts';
import { FileWatch } from './watch-files.ts';

const QUIET_MS = 30;
let folder: string;
let watch: FileWatch;
let abort: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-watch-files-'));
  watch = new FileWatch(systemClock, QUIET_MS);
  abort = new AbortController();
});
afterEach(() => {
  watch.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(at(name), text);

test('a file that is written is told, its neighbours are not', async () => {
  write('a.yaml', '1');
  write('b.yaml', '1');
  watch.set([at('a.yaml')]);
  const next = watch.next(abort.signal);
  write('b.yaml', 'other');
  readFileSync(at('a.yaml'));
  write('a.yaml', 'changed');
  expect(await next).toEqual([at('a.yaml')]);
});

test('several files saved together are one change, and the next change is another', async () => {
  write('a.yaml', '1');
  write('users.csv', '1');
  watch.set([at('a.yaml'), at('users.csv')]);
  const next = watch.next(abort.signal);
  write('a.yaml', 'changed');
  write('users.csv', 'changed');
  expect((await next).sort()).toEqual([at('a.yaml'), at('users.csv')]);
  const again = watch.next(abort.signal);
  write('users.csv', 'changed again');
  expect(await again).toEqual([at('users.csv')]);
});

test('a new file put in the place of the old one is a change, as editors save', async () => {
  write('a.yaml', '1');
  watch.set([at('a.yaml')]);
  const next = watch.next(abort.signal);
  write('a.yaml~', '2');
  renameSync(at('a.yaml~'), at('a.yaml'));
  expect(await next).toEqual([at('a.yaml')]);
});

test('what changed while nobody waited, during a run, is told at once', async () => {
  write('a.yaml', '1');
  watch.set([at('a.yaml')]);
  write('a.yaml', 'changed');
  expect(await watch.next(abort.signal)).toEqual([at('a.yaml')]);
});

test('a file that was missing and appears is a change, as is one that goes', async () => {
  watch.set([at('included.yaml')]);
  const next = watch.next(abort.signal);
  write('included.yaml', '1');
  expect(await next).toEqual([at('included.yaml')]);
  const gone = watch.next(abort.signal);
  rmSync(at('included.yaml'));
  expect(await gone).toEqual([at('included.yaml')]);
});

test('a file reached by a link is watched where it is', async () => {
  mkdirSync(at('real'));
  write('real/a.yaml', '1');
  symlinkSync(at('real/a.yaml'), at('a.yaml'));
  watch.set([at('a.yaml')]);
  const next = watch.next(abort.signal);
  write('real/a.yaml', 'changed');
  expect(await next).toEqual([at('a.yaml')]);
});

test('files may be added and left out between two changes', async () => {
  write('a.yaml', '1');
  watch.set([at('a.yaml')]);
  mkdirSync(at('parts'));
  write('parts/b.yaml', '1');
  watch.set([at('parts/b.yaml')]);
  const next = watch.next(abort.signal);
  write('a.yaml', 'changed');
  write('parts/b.yaml', 'changed');
  expect(await next).toEqual([at('parts/b.yaml')]);
});

test('waiting ends with the signal, and a folder that is not there is borne', async () => {
  watch.set([at('no/such/folder/a.yaml')]);
  const next = watch.next(abort.signal);
  abort.abort(new Error('interrupted'));
  await expect(next).rejects.toThrow('interrupted');
});
