import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readText, ScenarioFiles, versionOf, whyReadOnly } from './scenario-files.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-files-'));
  file = join(folder, 'a.scenario.yaml');
  writeFileSync(file, 'old\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const OLD = versionOf('old\n');
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
/** Nothing is left beside the file. */
const alone = () => expect(readdirSync(folder)).toEqual(['a.scenario.yaml']);

test('a text takes the place of the version that was seen, with the permissions that were there', async () => {
  await chmod(file, 0o640);
  expect(await new ScenarioFiles().write(file, 'new ä\n', OLD)).toEqual({
    status: 'written',
    version: versionOf('new ä\n'),
  });
  expect(readText(file)).toEqual({ text: 'new ä\n', version: versionOf('new ä\n') });
  expect(statSync(file).mode & 0o777).toBe(0o640);
  alone();
});

test('what somebody else wrote meanwhile stays, and is told', async () => {
  writeFileSync(file, 'theirs\n');
  expect(await new ScenarioFiles().write(file, 'mine\n', OLD)).toEqual({
    status: 'changed',
    current: { text: 'theirs\n', version: versionOf('theirs\n') },
  });
  expect(readFileSync(file, 'utf8')).toBe('theirs\n');
  alone();
});

test('of many saves at once that saw the same version one is written, and the others are told of it', async () => {
  const files = new ScenarioFiles();
  const texts = Array.from({ length: 20 }, (_, index) => `mine ${index}\n`);
  const answers = await Promise.all(texts.map((text) => files.write(file, text, OLD)));
  expect(answers.map(({ status }) => status)).toEqual(['written', ...Array(19).fill('changed')]);
  expect(readFileSync(file, 'utf8')).toBe('mine 0\n');
  alone();
});

test('a link stays a link; what it leads to is written, and the link outside stays', async () => {
  mkdirSync(join(folder, 'real'));
  const real = join(folder, 'real', 'x.yaml');
  writeFileSync(real, 'old\n');
  const link = join(folder, 'link.scenario.yaml');
  symlinkSync(real, link);
  expect(await new ScenarioFiles().write(link, 'new\n', OLD)).toMatchObject({ status: 'written' });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toBe('new\n');
  expect(readdirSync(join(folder, 'real'))).toEqual(['x.yaml']);
});

describe('a disk that fails leaves the old text, nothing beside it, and a reason', () => {
  test.each([
    ['EROFS', 'it stands on a disk that can only be read'],
    ['EACCES', 'the watcher may not write it, or the folder that it stands in'],
    ['ENOSPC', 'the disk is full'],
  ])('%s when the draft is made', async (code, reason) => {
    const files = new ScenarioFiles({ open: failing(code), rename });
    expect(await files.write(file, 'new\n', OLD)).toEqual({ status: 'refused', reason });
    expect(readFileSync(file, 'utf8')).toBe('old\n');
    alone();
  });

  test('while the draft is written, and when it takes the place', async () => {
    const full: typeof open = async (path, flags, mode) => {
      const handle = await open(path, flags, mode);
      return Object.assign(handle, { sync: failing('ENOSPC') });
    };
    expect(await new ScenarioFiles({ open: full, rename }).write(file, 'new\n', OLD)).toEqual({
      status: 'refused',
      reason: 'the disk is full',
    });
    const mounted = new ScenarioFiles({ open, rename: failing('EBUSY') });
    expect(await mounted.write(file, 'new\n', OLD)).toMatchObject({
      reason: expect.stringContaining('mounted by itself'),
    });
    expect(readFileSync(file, 'utf8')).toBe('old\n');
    alone();
    expect(await mounted.write(join(folder, 'gone'), 'new\n', OLD)).toMatchObject({
      reason: 'it is not there any more',
    });
  });
});

test('what cannot be changed says why', () => {
  const shipped = join(folder, 'shipped');
  mkdirSync(shipped);
  const suite = join(shipped, 'b.scenario.yaml');
  writeFileSync(suite, '');
  const link = join(folder, 'link.yaml');
  symlinkSync(suite, link);
  expect(whyReadOnly(file, shipped)).toBeNull();
  for (const path of [suite, link]) expect(whyReadOnly(path, shipped)).toContain('copy it to a folder of your own');
  expect(whyReadOnly(folder, shipped)).toBe('it is not a file');
  expect(whyReadOnly(join(folder, 'gone'), shipped)).toBe('it is not there any more');
});

test('what is no UTF-8 is not read, and a byte order mark is kept', () => {
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41]));
  expect(readText(file)).toEqual({ error: 'it is not a text in UTF-8' });
  writeFileSync(file, '\ufeffname: x\r\n');
  expect(readText(file)).toMatchObject({ text: '\ufeffname: x\r\n' });
});
