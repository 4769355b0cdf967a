import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ImportedFiles } from '../import-document.ts';
import { readStructure } from '../structure.ts';
import { type DescribedService, startDescribedService } from '../testing/described-service.ts';
import { importText } from '../testing/import-text.ts';
import { failures, runImported } from '../testing/run-imported.ts';
import { Description } from './document.ts';
import { importer } from './index.ts';
import { operationsOf } from './operations.ts';

/** Descriptions of real services, as the package @readme/oas-examples (MIT) ships them. */
const example = (name: string) =>
  readFileSync(new URL(`../../../node_modules/@readme/oas-examples/${name}`, import.meta.url), 'utf8');

let service: DescribedService | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

const operations = (text: string) =>
  operationsOf(new Description(readStructure(text)!.value as Record<string, unknown>, () => null)).map(
    ({ method, path }) => `${method} ${path}`,
  );

const imported = (name: string, text: string) => {
  const found = importText(importer, text, { name });
  if ('refused' in found) throw new Error(found.refused);
  return found;
};

/** @param behaving what the service keeps to instead */
async function run(name: string, text: string, files: ImportedFiles, judgeBodies: boolean, behaving = text) {
  service = await startDescribedService(behaving, judgeBodies);
  const results = await runImported(files, service.url, { [name]: text });
  return { failed: failures(results), complaints: service.complaints, answered: service.answered };
}

describe('the description of ReadMe, 54 operations in OpenAPI 3.1', () => {
  const name = 'readme.json';
  const text = example('3.1/json/readme.json');

  test('is imported whole, runs and passes against a service that keeps to it', async () => {
    const all = operations(text);
    expect(all.length).toBe(54);
    const files = imported(name, text);
    const { failed, complaints, answered } = await run(name, text, files, true);
    expect({ failed, complaints }).toEqual({ failed: [], complaints: [] });
    expect([...answered].sort()).toEqual([...all].sort());
  });

  test('a service that does not keep to it fails', async () => {
    const files = imported(name, text);
    const other = JSON.stringify(
      JSON.parse(text, (key, value) => (key === 'slug' && value?.type === 'string' ? { type: 'integer' } : value)),
    );
    const { failed } = await run(name, text, files, false, other);
    expect(failed.join('\n')).toContain('body /data/slug');
  });
});

test.each([
  ['3.0/json/star-trek.json', 120],
  ['3.0/json/petstore.json', 20],
  ['3.0/json/readme-legacy.json', 36],
])('%s: %i operations are imported, run and pass', async (path, count) => {
  const text = example(path);
  const name = path.replace(/^.*\//, '');
  const files = imported(name, text);
  const { failed, answered } = await run(name, text, files, false);
  expect(failed).toEqual([]);
  expect([...answered].sort()).toEqual(operations(text).sort());
  expect(answered.size).toBe(count);
});
