import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EXIT } from '../../core/errors.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { terminal } from '../terminal.ts';
import { importFormats, importScenarios } from './import.ts';

let folder: string;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-import-'));
  said = [];
  for (const stream of ['out', 'err'] as const)
    jest.spyOn(terminal, stream).mockImplementation((line) => Boolean(said.push(line)));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const flags = (format: string, ...source: string[]) => ({
  format,
  source,
  out: join(folder, 'out'),
  force: false,
  json: false,
});
const written = () => readdirSync(join(folder, 'out')).sort();

describe('ringdown import', () => {
  test('knows every format with what it reads', () => {
    expect(importFormats.map(({ format }) => format)).toEqual([
      'checkly',
      'curl',
      'gatus',
      'har',
      'hurl',
      'openapi',
      'postman',
      'runscope',
      'step-ci',
      'uptime-kuma',
    ]);
  });

  test('writes files, says what a run needs, and lists what it left out', async () => {
    const code = await importScenarios(flags('curl', 'curl -u kim:hunter22 --limit-rate 5k https://api.example.com/x'));
    expect(code).toBe(EXIT.success);
    expect(written()).toEqual(['get-x.scenario.yaml']);
    const all = said.join('\n');
    expect(all).toContain('1 step: GET /x');
    expect(all).toContain('the flag --limit-rate 5k');
    expect(all).toContain('base_url: "https://api.example.com"');
    expect(all).toContain('set before a run: API_EXAMPLE_COM_PASSWORD');
  });

  test('overwrites nothing unless it is told to', async () => {
    const command = 'curl https://api.example.com/x';
    await importScenarios(flags('curl', command));
    const file = join(folder, 'out/get-x.scenario.yaml');
    writeFileSync(file, 'mine\n');
    await expect(importScenarios(flags('curl', command))).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      exitCode: EXIT.usage,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    expect(await importScenarios({ ...flags('curl', command), force: true })).toBe(EXIT.success);
    expect(readFileSync(file, 'utf8')).toContain('GET /x');
  });

  test('paths of a document are written as the scenarios have to name them', async () => {
    const description = {
      openapi: '3.0.3',
      info: { title: 'Shop', version: '1' },
      paths: { '/health': { get: { responses: { 200: { description: 'ok' } } } } },
    };
    writeFileSync(join(folder, 'shop.json'), JSON.stringify(description));
    await importScenarios(flags('openapi', join(folder, 'shop.json')));
    const [file] = written();
    const path = join(folder, 'out', file!);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('openapi: ../shop.json');
    expect(parseScenario(text, path, { files: diskFiles(path) }).diagnostics).toEqual([]);
  });

  test('JSON has files, omissions, addresses and secrets', async () => {
    await importScenarios({
      ...flags('curl', 'curl', '-H', 'X-Api-Key: k-123456', 'https://api.example.com/x'),
      json: true,
    });
    expect(JSON.parse(said.join('\n'))).toEqual({
      files: [join(folder, 'out/get-x.scenario.yaml')],
      scenarios: [{ id: 'get-x', name: 'GET /x', steps: 1, file: join(folder, 'out/get-x.scenario.yaml') }],
      not_carried_over: [],
      base_urls: ['https://api.example.com'],
      secrets: ['API_EXAMPLE_COM_X_API_KEY'],
    });
  });

  test.each([
    [['nope', 'x'], 'UNKNOWN_FORMAT'],
    [['har', 'missing.har'], 'UNREADABLE'],
    [['har', 'one.har', 'two.har'], 'ONE_SOURCE'],
    [['curl', 'curl -s'], 'NOT_IMPORTED'],
  ])('%j is refused with a hint', async ([format, ...source], code) => {
    await expect(importScenarios(flags(format!, ...source))).rejects.toMatchObject({
      code,
      exitCode: EXIT.usage,
      hint: expect.any(String),
    });
  });

  test('nothing that can be carried over is no success', async () => {
    expect(await importScenarios(flags('curl', 'curl https://api.example.com/x -d @missing.json'))).toBe(EXIT.usage);
    expect(said.join('\n')).toContain('put the file there, and import again');
  });
});
