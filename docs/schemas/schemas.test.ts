import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { staleFiles } from './generate.ts';

const FILES = ['scenario.schema.json', 'steps.schema.json', 'policy.schema.json'];
const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));

test('the published schemas are what the code says', () => {
  expect(staleFiles()).toEqual([]);
});

test.each(FILES)('%s is a valid JSON Schema', (file) => {
  expect(new Ajv2020({ strict: false }).validateSchema(read(file))).toBe(true);
});

interface Node {
  description?: string;
  examples?: unknown[];
  properties?: Record<string, Node>;
}

test.each(FILES)('every key of %s has a description and an example that the key itself accepts', (file) => {
  const schema = read(file);
  const ajv = new Ajv2020({ strict: false, validateSchema: false, inlineRefs: false });
  ajv.addSchema(schema, 'published');
  const gaps: string[] = [];
  const visit = (node: unknown, path: string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, { description, examples = [] }] of Object.entries((node as Node).properties ?? {})) {
      const place = [...path, 'properties', key];
      if (!description) gaps.push(`${place.join('/')}: no description`);
      const [example] = examples;
      // By reference, so that what all keys share is compiled once.
      const pointer = place
        .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
        .join('/');
      if (example === undefined) gaps.push(`${place.join('/')}: no example`);
      else if (!ajv.validate({ $ref: `published#/${pointer}` }, example))
        gaps.push(`${place.join('/')}: ${ajv.errorsText()}`);
    }
    for (const [key, child] of Object.entries(node)) {
      if (!['examples', 'defaultSnippets'].includes(key)) visit(child, [...path, key]);
    }
  };
  visit(schema, []);
  expect(gaps).toEqual([]);
});
