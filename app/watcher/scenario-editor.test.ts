import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ScenarioEditing } from '../../control/deps.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { RunRequest } from '../../scenarios/engine/runner.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { createSecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import { createScenarioEditor } from './scenario-editor.ts';

const TEXT = `version: 1
id: shop
name: Shop   # as people call it
service: shop
retry: { times: 3, delay: 1s }
secrets: [TOKEN]
steps:
  - { name: asking, request: GET /x }
`;
const WITH_FILE = (path: string) => TEXT.replace('request: GET /x', `request: POST /x, file: "${path}"`);

let folder: string;
let file: string;
let clock: VirtualClock;
let editor: ScenarioEditing;
let requests: RunRequest[];
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-editor-'));
  mkdirSync(join(folder, 'suites'));
  mkdirSync(join(folder, 'data'));
  file = join(folder, 'suites', 'shop.scenario.yaml');
  writeFileSync(file, TEXT);
  clock = new VirtualClock();
  requests = [];
  asked = [];
  const scenario = parseScenario(TEXT, file, { files: diskFiles(file) }).scenario!;
  const other = { ...scenario, id: 'other', file: join(folder, 'other.yaml'), dependsOn: ['shop'], secrets: ['OTHER'] };
  const secrets = createSecretProvider({}, { clock, env: { TOKEN: 't', LISTED: 'l', HOME_KEY: 'stolen' } });
  editor = createScenarioEditor({
    clock,
    scenarios: () => [scenario, other],
    environments: [{ name: 'local', base_url: 'http://127.0.0.1:1' }],
    policies: [],
    functions: { names: [] },
    secrets: {
      ...secrets,
      values: (names, abort) => {
        asked.push(...names);
        return secrets.values(names, abort);
      },
    },
    configuredSecrets: ['LISTED'],
    forbidden: [join(folder, 'data')],
    shipped: join(folder, 'shipped'),
    runner: {
      run: async (request) => {
        requests.push(request);
        if (request.scenario.name === 'slow' && !request.abort.aborted) {
          await new Promise((resolve) => request.abort.addEventListener('abort', resolve, { once: true }));
        }
        return { status: request.abort.aborted ? 'skipped' : 'passed' } as RunResult;
      },
    },
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const messages = async (text: string) => (await editor.check('shop', text))!.diagnostics.map(({ message }) => message);

test('a file is shown as it stands, with its version and what a form needs', async () => {
  const shown = await editor.file('shop');
  expect(shown).toMatchObject({ id: 'shop', file, text: TEXT, diagnostics: [], fragments: [] });
  expect(shown!.outline!.name.text).toBe('Shop');
  expect(await editor.file('../../etc/passwd')).toBeUndefined();
});

test('what is wrong names its place; the same holds for a file that was broken on the disk', async () => {
  const broken = TEXT.replace('service: shop', 'servce: shop');
  expect((await editor.check('shop', broken))!.diagnostics).toContainEqual({
    file,
    line: 4,
    column: 1,
    end_column: 7,
    message: 'unknown key "servce"',
    hint: 'did you mean "service"?',
  });
  writeFileSync(file, broken);
  expect((await editor.file('shop'))!.diagnostics.length).toBeGreaterThan(0);
});

test('the id stays, and references are checked among all scenarios', async () => {
  expect(await messages(TEXT.replace('id: shop', 'id: shop2'))).toEqual(['the id must stay "shop"']);
  expect(await messages(`${TEXT}depends_on: [nothing]\n`)).toEqual(['there is no scenario "nothing"']);
  expect(await messages(`${TEXT}depends_on: [other]\n`)).toEqual([expect.stringContaining('circle')]);
  expect(await messages(`${TEXT}environments: [moon]\n`)).toEqual(['ringdown.yaml has no environment "moon"']);
  expect(await messages(`${TEXT}alert: { policy: none }\n`)).toEqual(['unknown policy "none"']);
});

describe('a text from the browser has less power than a file on the disk', () => {
  test('it may use the secrets of the config and of its present version; of others not even their existence is told', async () => {
    expect(await messages(TEXT.replace('[TOKEN]', '[TOKEN, LISTED]'))).toEqual([]);
    asked = [];
    for (const name of ['HOME_KEY', 'OTHER', 'NOT_THERE']) {
      expect(await messages(TEXT.replace('[TOKEN]', `[${name}]`))).toEqual([`ringdown.yaml knows no secret "${name}"`]);
    }
    expect(asked).toEqual([]);
    expect(
      await editor.tryOut('shop', TEXT.replace('[TOKEN]', '[HOME_KEY]'), 'local', new AbortController().signal),
    ).toHaveProperty('diagnostics');
    expect(requests).toEqual([]);
  });

  test('it may name files below its folder, and no hidden, private or distant one, not over a link either', async () => {
    writeFileSync(join(folder, 'suites', 'body.json'), '{}');
    writeFileSync(join(folder, 'suites', '.env'), 'A=1');
    writeFileSync(join(folder, 'data', 'token'), 'secret');
    symlinkSync(join(folder, 'data', 'token'), join(folder, 'suites', 'innocent.txt'));
    expect(await messages(WITH_FILE('./body.json'))).toEqual([]);
    for (const path of ['/etc/passwd', '../data/token', './.env', './innocent.txt', '/no/such/file', '../data/none']) {
      expect(await messages(WITH_FILE(path))).toEqual([expect.stringContaining('it may not be read from here')]);
    }
    expect(await messages(WITH_FILE('./none.json'))).toEqual([expect.stringContaining('there is no such file')]);
    expect(await editor.save('shop', WITH_FILE('/etc/passwd'), 'any')).toMatchObject({ status: 'invalid' });
  });

  test('what its version on the disk reads already it may go on reading', async () => {
    writeFileSync(join(folder, 'shared.json'), '{}');
    expect(await messages(WITH_FILE('../shared.json'))).toHaveLength(1);
    writeFileSync(file, WITH_FILE('../shared.json'));
    expect(await messages(WITH_FILE('../shared.json'))).toEqual([]);
  });
});

describe('a try', () => {
  const never = new AbortController().signal;

  test('runs the text once, in the environment that was asked for, with its secrets', async () => {
    const tried = await editor.tryOut('shop', TEXT.replace('/x', '/y'), 'local', never);
    expect(tried).toEqual({ run: { status: 'passed' } });
    expect(requests).toMatchObject([
      { environment: { name: 'local' }, secrets: { TOKEN: 't' }, scenario: { retry: { times: 0 } }, scheduledAt: null },
    ]);
  });

  test('ends when whoever asked goes away, and after two minutes', async () => {
    const slow = TEXT.replace('Shop', 'slow');
    const abort = new AbortController();
    const first = editor.tryOut('shop', slow, 'local', abort.signal);
    abort.abort();
    expect(await first).toEqual({ run: { status: 'skipped' } });
    const second = editor.tryOut('shop', slow, 'local', never);
    while (requests.length < 2) await new Promise(setImmediate);
    await clock.advance(120_000);
    expect(await second).toEqual({ run: { status: 'skipped' } });
  });

  test('of a text with mistakes, or in an environment that it is not for, runs nothing', async () => {
    expect(await editor.tryOut('shop', 'steps: 1', 'local', never)).toHaveProperty('diagnostics');
    expect(await editor.tryOut('shop', TEXT, 'moon', never)).toEqual({ refused: 'there is no environment "moon"' });
    expect(requests).toEqual([]);
  });
});

test('an edit by path, saved, leaves every other byte as it was', async () => {
  const { version } = (await editor.file('shop'))!;
  const edited = editor.edit('shop', TEXT, [{ path: ['name'], value: 'Bazaar' }]) as { text: string };
  expect(await editor.save('shop', 'steps: 1', version)).toMatchObject({ status: 'invalid' });
  expect(readFileSync(file, 'utf8')).toBe(TEXT);
  expect(await editor.save('shop', edited.text, version)).toMatchObject({ status: 'written' });
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('name: Shop ', 'name: Bazaar '));
  expect(await editor.save('shop', TEXT, version)).toMatchObject({ status: 'changed', current: edited });
  expect(editor.edit('shop', 'a: [', [])).toHaveProperty('text');
  expect(editor.edit('shop', 'a: [', [{ path: ['a'], value: 1 }])).toHaveProperty('diagnostics');
});
