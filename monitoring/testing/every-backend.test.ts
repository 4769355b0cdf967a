import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { backendTypes, loadBackend } from '../backends/registry.ts';

const backends = fileURLToPath(new URL('../backends/', import.meta.url));

test('every backend runs the exporter contract suite', () => {
  const without = backendTypes().filter((type) => {
    const tests = readdirSync(join(backends, type)).filter((name) => name.endsWith('.test.ts'));
    return !tests.some((name) => readFileSync(join(backends, type, name), 'utf8').includes('describeExporter('));
  });
  expect(without).toEqual([]);
});

test('every backend is found by the name of its folder', async () => {
  expect(backendTypes()).toContain('embedded');
  for (const type of backendTypes()) expect((await loadBackend(type)).type).toBe(type);
});

test('an unknown type is refused with the types there are', async () => {
  await expect(loadBackend('elastik')).rejects.toMatchObject({
    code: 'UNKNOWN_BACKEND',
    exitCode: 2,
    hint: expect.stringContaining('embedded'),
  });
  await expect(loadBackend('../embedded')).rejects.toMatchObject({ code: 'UNKNOWN_BACKEND' });
});
