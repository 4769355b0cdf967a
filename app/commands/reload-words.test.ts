import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Scenario } from '../../scenarios/language/model.ts';
import { contentsOf, reloadWords } from './reload-words.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const now = { scenarios: [{} as Scenario], policies: [{ rules: [] }, { rules: [] }] };
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('what changed, came and went is named, with what is watched now', () => {
  const [a, b, c] = [write('a.yaml', '1'), write('b.yaml', '1'), write('c.yaml', '1')];
  const before = contentsOf([a, b, c]);
  write('a.yaml', '2');
  rmSync(c);
  const words = reloadWords(before, contentsOf([a, b, write('d.yaml', '1')]), now)!;
  expect(words.replaceAll(/[^ ]*\/(?=[a-d]\.yaml)/g, '')).toBe(
    'changed: a.yaml; new: d.yaml; gone: c.yaml – now 1 scenario, 2 policies with 0 rules',
  );
});

test('a file that was written again as it was is not worth a word', () => {
  const file = write('a.yaml', '1');
  const before = contentsOf([file]);
  write('a.yaml', '1');
  expect(reloadWords(before, contentsOf([file]), now)).toBeNull();
});

test('of many files the first are named and the others counted', () => {
  const files = ['a', 'b', 'c', 'd', 'e'].map((name) => write(`${name}.yaml`, ''));
  expect(reloadWords(new Map(), contentsOf(files), now)).toMatch(
    /^new: .*a\.yaml, .*b\.yaml, .*c\.yaml and 2 more – now/,
  );
});
