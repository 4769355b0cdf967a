import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { loadScenarios } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { terminal } from '../terminal.ts';
import { type InitOptions, init } from './init.ts';

let repository: string;
let printed: string[];

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'ringdown-init-'));
  printed = [];
  jest.spyOn(terminal, 'out').mockImplementation((line) => printed.push(line) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(repository, { recursive: true, force: true });
});

const at = (path: string) => join(repository, path);
const read = (path: string) => readFileSync(at(path), 'utf8');
const write = (path: string, text: string) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const start = (options: Partial<InitOptions> = {}) =>
  init({ directory: repository, url: undefined, github: false, json: false, ...options });

/** What `validate` would say of the folder. */
async function mistakes(): Promise<string[]> {
  const config = loadConfig(at('ringdown.yaml'), (await loadEntrySchemas()).schemas, {});
  const scenarios = loadScenarios([at('scenarios/health.scenario.yaml')], null);
  return [...config.diagnostics, ...scenarios.diagnostics].map(
    ({ line, column, message }) => `${line}:${column}: ${message}`,
  );
}

/** Examples in comments, uncommented: lines that look like YAML and not like a sentence. */
function uncomment(path: string): void {
  const lines = read(path)
    .split('\n')
    .map((line) =>
      line.replace(/^( *)# ( *(?:- )?(?:[a-z_]+|\$\.[a-z]+):(?: .*)?)$/, '$1$2').replace(/^# {3}- /, '  - '),
    );
  write(path, lines.join('\n'));
}

describe('in an empty folder', () => {
  test('a config, a scenario and an entry for git are written, and all of it is valid', async () => {
    expect(start()).toBe(0);
    expect(readdirSync(repository).sort()).toEqual(['.gitignore', 'ringdown.yaml', 'scenarios']);
    expect(await mistakes()).toEqual([]);
    expect(read('.gitignore')).toBe('.ringdown/\n');
    expect(parse(read('ringdown.yaml')).environments).toEqual({ local: { base_url: 'http://127.0.0.1:3000' } });
    expect(printed.join('\n')).toContain('wrote scenarios/health.scenario.yaml');
    expect(printed.join('\n')).toContain('npx ringdown run scenarios/health.scenario.yaml');
    expect(printed.join('\n')).toContain('base_url is http://127.0.0.1:3000 so far');
  });

  test('the examples in its comments are valid as well', async () => {
    start();
    uncomment('ringdown.yaml');
    uncomment('scenarios/health.scenario.yaml');
    const config = parse(read('ringdown.yaml'));
    expect(Object.keys(config)).toEqual(expect.arrayContaining(['allowed_targets', 'channels', 'public_url']));
    expect(Object.keys(config.environments)).toEqual(['local', 'canary']);
    expect(parse(read('scenarios/health.scenario.yaml')).steps).toHaveLength(3);
    expect(await mistakes()).toEqual([]);
  });

  test.each([
    ['https://shop.example.com/api/', 'production', 'https://shop.example.com/api'],
    ['https://staging.example.com', 'staging', 'https://staging.example.com'],
    ['http://localhost:8080', 'local', 'http://localhost:8080'],
  ])('--url %s becomes the environment %s', async (url, name, baseUrl) => {
    start({ url });
    expect(parse(read('ringdown.yaml')).environments).toEqual({ [name]: { base_url: baseUrl } });
    expect(printed.join('\n')).not.toContain('so far');
    expect(await mistakes()).toEqual([]);
  });

  test('a folder that is not there is made', () => {
    start({ directory: at('new/shop') });
    expect(existsSync(at('new/shop/ringdown.yaml'))).toBe(true);
    expect(read('new/shop/scenarios/health.scenario.yaml')).toContain('service: shop\n');
  });
});

describe('in a repository', () => {
  test('what is there stays as it is, and is told', async () => {
    write('ringdown.yaml', 'version: 1 # mine\n');
    write('.gitignore', 'dist\n/.ringdown');
    start();
    expect(read('ringdown.yaml')).toBe('version: 1 # mine\n');
    expect(read('.gitignore')).toBe('dist\n/.ringdown');
    expect(printed).toContain('left  ringdown.yaml as it is: it is there already');
    expect(printed).toContain('left  .gitignore as it is: it names .ringdown already');
    expect(printed).toContain('wrote scenarios/health.scenario.yaml');
  });

  test('a second time nothing is written', () => {
    start({ github: true });
    printed = [];
    start({ github: true, json: true });
    const { written, left } = JSON.parse(printed[0]!);
    expect(written).toEqual([]);
    expect(left.map(({ path }: { path: string }) => path)).toEqual([
      'ringdown.yaml',
      'scenarios/health.scenario.yaml',
      '.github/workflows/ringdown.yaml',
      '.gitignore',
    ]);
  });

  test('its package, its OpenAPI description and GitHub are noticed', async () => {
    write('package.json', '{"name": "@acme/true"}');
    write('docs/openapi.json', JSON.stringify({ openapi: '3.1.0', paths: { '/health': { get: {} } } }));
    write('.github/CODEOWNERS', '* @acme\n');
    write('.gitignore', 'dist');
    start();
    expect(parse(read('scenarios/health.scenario.yaml'))).toMatchObject({
      service: 'true',
      steps: [{ request: 'GET /health' }],
    });
    expect(read('scenarios/health.scenario.yaml')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/node_modules\/ringdown\/docs\/schemas\/scenario\.schema\.json\n/,
    );
    expect(printed.join('\n')).toContain('npx ringdown import openapi docs/openapi.json');
    expect(read('.gitignore')).toBe('dist\n.ringdown/\n');
    expect(await mistakes()).toEqual([]);
    const workflow = parse(read('.github/workflows/ringdown.yaml'));
    const commands = workflow.jobs.scenarios.steps.map(({ run }: { run?: string }) => run).filter(Boolean);
    expect(commands).toHaveLength(1);
    expect(commands[0]).toMatch(
      /^npx --yes ringdown@\d+\.\d+\.\d+ run scenarios\/\*\.scenario\.yaml --env local --reporter/,
    );
  });
});

test('the server that the description names is the example of a second environment', async () => {
  write(
    'openapi.json',
    JSON.stringify({ openapi: '3.1.0', servers: [{ url: 'https://api.example.com/v1' }], paths: {} }),
  );
  start();
  expect(read('ringdown.yaml')).toContain('  # production: { base_url: "https://api.example.com/v1" }\n');
  uncomment('ringdown.yaml');
  expect(await mistakes()).toEqual([]);
});

test.each([
  ['ftp://example.com', 'is not an http or https URL'],
  ['staging', 'is not an http or https URL'],
  ['https://user:secret@example.com', 'holds a user or a password'],
])('--url %s is refused before anything is written', (url, message) => {
  expect(() => start({ url })).toThrow(
    expect.objectContaining({ message: expect.stringContaining(message), exitCode: 2 }),
  );
  expect(readdirSync(repository)).toEqual([]);
});

test('a place that cannot be written is told with its reason', () => {
  write('scenarios', 'a file where a folder should be');
  expect(() => start()).toThrow(
    expect.objectContaining({
      code: 'INIT',
      message: expect.stringMatching(/^scenarios\/health\.scenario\.yaml cannot/),
    }),
  );
});
