import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { staleFiles } from './generate.ts';

const schema = JSON.parse(readFileSync(new URL('scenario.schema.json', import.meta.url), 'utf8'));

test('the published schemas are what the code says', () => {
  expect(staleFiles()).toEqual([]);
});

test('the scenario schema is a valid JSON Schema', () => {
  expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true);
});

test('every key has a description and an example that the key itself accepts', () => {
  const ajv = new Ajv2020({ strict: false });
  const gaps: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(
      (node as { properties?: Record<string, { description?: string; examples?: unknown[] }> }).properties ?? {},
    )) {
      if (!child.description) gaps.push(`${path}.${key}: no description`);
      const [example] = child.examples ?? [];
      if (example === undefined) gaps.push(`${path}.${key}: no example`);
      else if (!ajv.validate({ $defs: schema.$defs, allOf: [child] }, example))
        gaps.push(`${path}.${key}: ${ajv.errorsText()}`);
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'examples') visit(child, `${path}/${key}`);
  };
  visit(schema, '');
  expect(gaps).toEqual([]);
});
