import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'cache-'));
const before = process.env.RINGDOWN_BACKENDS_CACHE;
process.env.RINGDOWN_BACKENDS_CACHE = folder;
const { cached, run } = await import('./install/cache.ts');
const { fromApt, installed } = await import('./install/apt.ts');
const { javaHome } = await import('./install/java.ts');

afterAll(() => {
  if (before === undefined) delete process.env.RINGDOWN_BACKENDS_CACHE;
  else process.env.RINGDOWN_BACKENDS_CACHE = before;
  rmSync(folder, { recursive: true });
});

test('two that want the same at once build it once, and a third finds it', async () => {
  let builds = 0;
  const build = async (draft: string) => {
    builds++;
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(join(draft, 'binary'), 'x');
  };
  const [first, second] = await Promise.all([cached('server-1', build), cached('server-1', build)]);
  expect(await cached('server-1', build)).toBe(first);
  expect([second, builds, readdirSync(first)]).toEqual([first, 1, ['binary']]);
});

test('a build that fails leaves nothing that is taken for finished, and says what failed', async () => {
  const failing = cached('server-2', async (draft) => {
    writeFileSync(join(draft, 'half'), 'x');
    await run('sh', ['-c', 'echo no such module >&2; exit 3']);
  });
  await expect(failing).rejects.toThrow(/server-2 could not be installed: sh -c .* ended with 3: no such module/s);
  expect(readdirSync(folder).filter((name) => name.includes('server-2') && !name.endsWith('.lock'))).toEqual([]);
  expect(readdirSync(await cached('server-2', async (draft) => writeFileSync(join(draft, 'whole'), 'x')))).toEqual([
    'whole',
  ]);
});

test('a program that is there is taken as it is', async () => {
  expect(await fromApt('sh', ['no-such-package'])).toBe(installed('sh'));
});

test('a Java that is too old is named, with what to do', () => {
  expect(() => javaHome(999)).toThrow(/Java 999 or newer is needed, found .*ES_JAVA_HOME/);
});
