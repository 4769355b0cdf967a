import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { namedFiles } from './named-files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-named-'));
  mkdirSync(join(folder, 'deep/node_modules'), { recursive: true });
  for (const name of [
    'b.scenario.yaml',
    'a.steps.yaml',
    'data.csv',
    'deep/c.scenario.yml',
    'deep/node_modules/d.scenario.yaml',
  ])
    writeFileSync(join(folder, name), '');
});

afterEach(() => rmSync(folder, { recursive: true }));

const inside = (...names: string[]) => names.map((name) => join(folder, name));

test('a folder stands for the files of the kinds that are asked for, at any depth', () => {
  expect(namedFiles([folder], ['scenario'])).toEqual(inside('b.scenario.yaml', 'deep/c.scenario.yml'));
  expect(namedFiles([folder], ['scenario', 'steps'])).toEqual(
    inside('a.steps.yaml', 'b.scenario.yaml', 'deep/c.scenario.yml'),
  );
});

test('a pattern is followed where the shell did not; every file comes once', () => {
  expect(namedFiles(inside('*.scenario.yaml', 'b.scenario.yaml'), ['scenario'])).toEqual(inside('b.scenario.yaml'));
});

test('a name stays as it is, also of a file that is not there', () => {
  expect(namedFiles(inside('data.csv', 'nothing.yaml'), ['scenario'])).toEqual(inside('data.csv', 'nothing.yaml'));
});

test('a folder or pattern without such files is wrong usage', () => {
  expect(() => namedFiles(inside('deep'), ['policy'])).toThrow(/no policy file is in the folder/);
  expect(() => namedFiles(inside('*.nothing'), ['scenario'])).toThrow(/no file matches/);
});
