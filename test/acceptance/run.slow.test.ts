import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunResult } from '../../control/resources.ts';
import { ROOT, ringdown, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';

/** `ringdown run` as CI and QA use it. */
let folder: ReturnType<typeof temporaryFolder>;
let shop: Shop;
beforeEach(async () => {
  folder = temporaryFolder();
  shop = await Shop.start();
  write(
    'ringdown.yaml',
    `version: 1
environments:
  staging: { base_url: "${shop.url}", variables: { tenant: acme } }
  production: { base_url: "${shop.url}" }
functions: [functions.mjs]
secrets: { KEY: { file: ./key.txt } }
`,
  );
  write('functions.mjs', 'export const shout = (text) => `${text}!`;\n');
  write('key.txt', 'k-12345\n');
});
afterEach(async () => {
  await shop.close();
  folder.remove();
});

const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
const run = (...args: string[]) => ringdown(['run', ...args], { cwd: folder.path });
const runs = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { runs: RunResult[] }).runs;

const scenario = (id: string, more: string, steps = '  - { name: asking, request: GET /a }') =>
  write(`${id}.scenario.yaml`, `version: 1\nid: ${id}\nname: ${id}\nservice: shop\n${more}\nsteps:\n${steps}\n`);

test('variables come from the scenario, the environment and the command line, each over the one before', async () => {
  scenario(
    'a',
    'variables: { tenant: nobody, size: 1 }\nsecrets: [KEY]',
    `  - name: asking
    request: { method: GET, url: "/t/{{ tenant }}/{{ size }}/{{ $call('shout', size) }}", headers: { key: "{{ secrets.KEY }}" } }
    expect: { jsonpath: { $.headers.key: k-12345 } }`,
  );
  const file = 'a.scenario.yaml';
  expect((await run(file, '--env', 'production')).code).toBe(0);
  expect((await run(file, '--env', 'staging')).code).toBe(0);
  expect((await run(file, '--env', 'staging', '--var', 'size=7', '--var', 'tenant={{ size }}')).code).toBe(0);
  expect(shop.requests).toEqual(['GET /t/nobody/1/1!', 'GET /t/acme/1/1!', 'GET /t/%7B%7B%20size%20%7D%7D/7/7!']);
});

test('tags choose, an environment leaves out what is not meant for it, and nothing at all is a mistake', async () => {
  scenario('a', 'tags: [smoke]');
  scenario('b', 'tags: [slow]');
  scenario('c', 'tags: [smoke]\nenvironments: [production]');
  const files = ['a', 'b', 'c'].map((id) => `${id}.scenario.yaml`);
  const chosen = await run(...files, '--env', 'staging', '--tag', 'smoke', '--reporter', 'json');
  expect(runs(chosen).map(({ monitor }) => monitor)).toEqual(['a@staging']);
  expect(chosen.stderr).toContain('c.scenario.yaml is not meant for the environment staging');
  const none = await run(...files, '--env', 'staging', '--tag', 'smok');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no scenario has the tag smok')]);
  expect(none.stderr).toContain('slow, smoke');
});

test('several runs at once, and no further one after a failure where asked', async () => {
  scenario('a', '');
  shop.broken.set('/a', 500);
  const all = await run('a.scenario.yaml', '--env', 'staging', '--repeat', '6', '--parallel', '3', '--json');
  expect([all.code, runs(all).length]).toEqual([1, 6]);
  const bailed = await run('a.scenario.yaml', '--env', 'staging', '--repeat', '6', '--bail', '--json');
  expect([bailed.code, runs(bailed).length]).toEqual([1, 1]);
});

test('the same seed sends the same', async () => {
  scenario(
    'a',
    'variables: { who: "{{ $faker(\'person.firstName\') }}" }',
    '  - { name: asking, request: "GET /{{ who }}/{{ $random_int }}" }',
  );
  for (const seed of ['7', '7', '8']) await run('a.scenario.yaml', '--env', 'staging', '--seed', seed);
  const [first, second, third] = shop.requests;
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('one reporter for the eye, others into files', async () => {
  scenario('a', '');
  shop.broken.set('/a', 503);
  const { code, stdout } = await run(
    ...['a.scenario.yaml', '--env', 'staging', '--reporter', 'console'],
    ...['--reporter', 'junit=out/report.xml', '--reporter', 'markdown=out/summary.md', '--reporter', 'html=out/a.html'],
  );
  expect([code, stdout]).toEqual([1, expect.stringContaining('status 503')]);
  const read = (name: string) => readFileSync(join(folder.path, 'out', name), 'utf8');
  expect(read('report.xml')).toContain('failures="1"');
  expect(read('summary.md')).toContain('503');
  expect(read('a.html')).toMatch(/^<!doctype html>/i);
});

test('--watch runs again when a fragment changes, and goes on after a mistake', async () => {
  write('f.steps.yaml', 'version: 1\nsteps:\n  - { name: asking, request: GET /one }\n');
  scenario('a', '', '  - include: ./f.steps.yaml');
  const child = spawn(
    process.execPath,
    [join(ROOT, 'app/ringdown.mjs'), 'run', 'a.scenario.yaml', '--env', 'staging', '--watch'],
    {
      cwd: folder.path,
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  try {
    const says = speech(child);
    await says('watching');
    write('f.steps.yaml', 'version: 1\nsteps:\n  - { nam: asking, request: GET /two }\n');
    await says('unknown key "nam"');
    await says('watching');
    write('f.steps.yaml', 'version: 1\nsteps:\n  - { name: asking, request: GET /three }\n');
    await says('1 passed');
    expect(shop.requests).toEqual(['GET /one', 'GET /three']);
  } finally {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
});

/** Waits for words in the output of a process, each after those before. */
function speech(child: ChildProcess): (words: string) => Promise<void> {
  let heard = '';
  let told = Promise.withResolvers<void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      told.resolve();
    });
  }
  child.once('exit', () => told.reject(new Error(`it ended: ${heard}`)));
  return async (words) => {
    for (;;) {
      const at = heard.indexOf(words);
      if (at >= 0) {
        heard = heard.slice(at + words.length);
        return;
      }
      told = Promise.withResolvers();
      await told.promise;
    }
  };
}

test('a folder stands for its scenarios, no name for those of the config; shared steps beside them are left out', async () => {
  scenario('a', '');
  scenario('b', '');
  write('shared.steps.yaml', 'version: 1\nsteps:\n  - { name: asking, request: GET /a }\n');
  expect(runs(await run('.', '--env', 'staging', '--json'))).toHaveLength(2);
  const named = await run('a.scenario.yaml', 'shared.steps.yaml', '--env', 'staging', '--json');
  expect(runs(named)).toHaveLength(1);
  expect(named.stderr).toContain('shared.steps.yaml holds shared steps');
  const nothing = await run('--env', 'staging');
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('there is no scenario to run');
  const config = readFileSync(join(folder.path, 'ringdown.yaml'), 'utf8');
  write('ringdown.yaml', `${config}scenarios: ["*.scenario.yaml"]\n`);
  expect(runs(await run('--env', 'staging', '--json'))).toHaveLength(2);
});

test('a variable that no scenario declares is a mistake, and a report asked for beside --json is written', async () => {
  scenario('a', 'variables: { tenant: nobody }');
  const slip = await run('a.scenario.yaml', '--env', 'staging', '--var', 'tenent=x');
  expect(slip.code).toBe(2);
  expect(slip.stderr).toContain('did you mean "tenant"?');
  expect(shop.requests).toEqual([]);
  const exported = await ringdown(['export', 'k6', 'a.scenario.yaml', '--var', 'tenent=x'], { cwd: folder.path });
  expect({ code: exported.code, stdout: exported.stdout }).toEqual({ code: 2, stdout: '' });
  const both = await run('a.scenario.yaml', '--env', 'staging', '--json', '--reporter', 'junit=r.xml');
  expect(runs(both)).toHaveLength(1);
  expect(readFileSync(join(folder.path, 'r.xml'), 'utf8')).toContain('<testsuite ');
});
