import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { importer as curl } from './curl/index.ts';
import { importers } from './registry.ts';
import { importOne } from './testing/import-text.ts';

const documentation = readFileSync(new URL('../../docs/importing.md', import.meta.url), 'utf8');

test('the documentation has a line for every format', () => {
  const documented = [...documentation.matchAll(/^\| `([a-z-]+)`/gm)].map(([, format]) => format);
  expect(documented.sort()).toEqual(importers.map(({ format }) => format).sort());
});

test('the command that it shows makes the file that it shows', () => {
  const [, command] = /^npx ringdown import curl '(.*)'$/m.exec(documentation)!;
  const [, file] = /```yaml\n(.*?)```/s.exec(documentation)!;
  expect(importOne(curl, command!, { name: 'the command' }).text).toBe(file);
});
