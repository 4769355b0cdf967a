import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadFunctions, type ScenarioFunctions } from './load-functions.ts';

let folder: string;
const made: ScenarioFunctions[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-functions-'));
});
afterEach(async () => {
  await Promise.all(made.splice(0).map((functions) => functions.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function load(...files: string[]): Promise<ScenarioFunctions> {
  const functions = await loadFunctions(files);
  made.push(functions);
  return functions;
}

const usual = `
import { createHmac } from 'node:crypto';
export const version = 3;
export const sign = (body, key) => createHmac('sha256', key).update(JSON.stringify(body)).digest('hex');
export function list(...args) { return { args, none: null }; }
export function forever() { for (;;); }
export function backtracking(text) { return /^(a+)+$/.test(text); }
export function nothing() {}
export function large() { return 'x'.repeat(2 ** 21); }
export function circular() { const a = {}; a.a = a; return a; }
export function throwing() { throw new Error('no key\\nsecret second line'); }
export function strange() { throw { toString() { throw 1; } }; }
export function promised() { return Promise.resolve(1); }
export function hungry() { const all = []; for (;;) all.push(new Array(100000).fill(all.length)); }
export function leaving() { process.exit(0); }
`;

describe('functions of a listed file', () => {
  test('take JSON and give JSON', async () => {
    const functions = await load(file('usual.mjs', usual));
    expect(functions.problems).toEqual([]);
    expect(functions.names).toEqual(expect.arrayContaining(['sign', 'list']));
    expect(functions.names).not.toContain('version');
    expect(functions.call('list', [1, 'two', { three: [null] }])).toEqual({
      value: { args: [1, 'two', { three: [null] }], none: null },
    });
    expect(functions.call('sign', [{ a: 1 }, 'k'])).toEqual({ value: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('are cut when they never end, and are there again for the next call', async () => {
    const path = file('usual.mjs', usual);
    const functions = await load(path);
    for (const [name, args] of [
      ['forever', []],
      ['backtracking', [`${'a'.repeat(40)}!`]],
    ] as const) {
      const start = performance.now();
      expect(functions.call(name, args)).toEqual({
        error: `took more than 100 ms and was cut (${name} of ${relative('', path)})`,
      });
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(functions.call('list', [1])).toEqual({ value: { args: [1], none: null } });
    }
  });

  test.each([
    ['nothing', 'gave back nothing, which is no JSON value'],
    ['large', 'gave back more than 1048576 characters'],
    ['circular', expect.stringContaining('failed: Converting circular structure')],
    ['throwing', 'failed: no key'],
    ['strange', 'failed: it threw something without a text'],
    ['promised', 'gave back a promise, and a template waits for nothing'],
  ])('%s is an error that names function and file', async (name, words) => {
    const path = file('usual.mjs', usual);
    const functions = await load(path);
    const called = functions.call(name, []) as { error: string };
    const where = ` (${name} of ${relative('', path)})`;
    expect(called.error.endsWith(where)).toBe(true);
    expect(called.error.slice(0, -where.length)).toEqual(words);
  });

  test.each(['hungry', 'leaving'])('%s takes nothing along but its own thread', async (name) => {
    const functions = await load(file('usual.mjs', usual));
    expect(functions.call(name, [])).toEqual({ error: expect.stringContaining(`(${name} of `) });
    expect(functions.call('list', [])).toEqual({ value: { args: [], none: null } });
  });

  test('are there again after something that they left behind ended their thread', async () => {
    const text = `import { writeFileSync } from 'node:fs';
export const start = (file) => { setImmediate(() => { process.on('exit', () => writeFileSync(file, '')); throw new Error('later'); }); return 1; };
export const well = () => 2;`;
    const functions = await load(file('later.mjs', text));
    const gone = join(folder, 'gone');
    expect(functions.call('start', [gone])).toEqual({ value: 1 });
    // Without a turn of this thread's own loop, which would tell it: the next call comes in the same step.
    while (!existsSync(gone)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    expect(functions.call('well', [])).toEqual({ value: 2 });
  });

  test('that are not there are named with those that are', async () => {
    const functions = await load(file('one.mjs', 'export const sign = () => 1;'));
    expect(functions.call('sing', [])).toEqual({
      error: 'names no function: the listed files export sign',
    });
    expect((await load()).call('sign', [])).toEqual({ error: expect.stringContaining('lists no file') });
  });
});

describe('a file that cannot be used', () => {
  test.each([
    ['absent.mjs', null, /cannot be loaded: Cannot find module/],
    ['syntax.mjs', 'export const = 3;', /cannot be loaded: /],
    ['throws.mjs', 'throw new Error("not here");', /cannot be loaded: not here/],
    ['empty.mjs', 'export const a = 1;', /exports no function/],
    ['async.mjs', 'export async function late() {}', /late is async, and a template waits for nothing/],
    ['ends.mjs', 'process.exit(1);', /ended the thread that loads it/],
  ])('%s is a problem of the config, in words', async (name, text, words) => {
    const path = text === null ? join(folder, name) : file(name, text);
    const functions = await load(path);
    expect(functions.problems).toEqual(
      [{ file: 0, message: expect.stringMatching(words), hint: expect.anything() }].map((problem) =>
        name === 'throws.mjs' || name === 'ends.mjs' ? { ...problem, hint: null } : problem,
      ),
    );
  });

  test('leaves the functions of the others', async () => {
    const good = file('good.mjs', 'export const a = () => 1;');
    const functions = await load(good, file('twice.mjs', 'export const a = () => 2; export const b = () => 3;'));
    expect(functions.problems).toEqual([
      { file: 1, message: 'a is exported by another listed file too', hint: 'choose another name' },
    ]);
    expect(functions.call('a', [])).toEqual({ value: 1 });
    expect(functions.call('b', [])).toEqual({ value: 3 });
  });
});

test('a change is taken by a reload, and a broken one is not', async () => {
  const path = file('changing.mjs', 'export const a = () => 1;');
  const functions = await load(path);
  file('changing.mjs', 'export const a = () => 2;');
  expect(await functions.reload()).toEqual([]);
  expect(functions.call('a', [])).toEqual({ value: 2 });
  file('changing.mjs', 'export const a = ;');
  expect(await functions.reload()).toHaveLength(1);
  expect(functions.call('a', [])).toEqual({ value: 2 });
});
