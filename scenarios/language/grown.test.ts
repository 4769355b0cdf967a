import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compileConnection, renderConnection } from './connection.ts';
import type { ActionStep, ParallelStep, Scenario } from './model.ts';
import { parseScenario } from './parse.ts';
import { diskFiles, memoryFiles, noSourceFiles } from './source-files.ts';
import { render, type Scope } from './template.ts';

const HEAD = 'version: 1\nid: a\nname: A\nservice: api\n';
const STEPS = 'steps:\n  - { name: one, request: GET / }\n';

const scenario = (text: string, contents: Record<string, string> = {}): Scenario => {
  const parsed = parseScenario(HEAD + text, 'a.scenario.yaml', { files: memoryFiles('a.scenario.yaml', contents) });
  expect(parsed.diagnostics).toEqual([]);
  return parsed.scenario!;
};

const scope: Scope = {
  values: new Map(Object.entries({ title: 'hello' })),
  secrets: { KEY: 's3cret' },
  generators: { now: () => 0, random: () => 0.5 },
  environment: 'local',
  row: null,
  functions: null,
};

test('keys above the steps', () => {
  expect(
    scenario(
      `environments: [staging]\ncookies: false\nseed: 42\ndepends_on: [session]\nconnection: { http: 2 }\n${STEPS}`,
    ),
  ).toMatchObject({
    environments: ['staging'],
    cookies: false,
    seed: 42,
    dependsOn: ['session'],
    connection: { http: '2' },
  });
});

test('sections stand apart, and names go from one to the next', () => {
  const { before, steps, after, always } = scenario(`before:
  - { name: b, request: GET /, capture: { id: $.id } }
steps:
  - { name: s, request: "GET /{{ id }}", capture: { made: $.id } }
after:
  - { name: a, request: "GET /{{ made }}" }
always:
  - { name: z, request: "DELETE /{{ made }}" }
`);
  expect([before, steps, after, always].map((section) => section.map(({ name }) => name))).toEqual([
    ['b'],
    ['s'],
    ['a'],
    ['z'],
  ]);
});

test('decisions, repeats and groups', () => {
  const { steps } = scenario(`variables: { title: hello }
steps:
  - name: polling
    if: { value: "{{ title }}", not: { contains: x } }
    request: GET /
    repeat: { until: { status: 200 }, at_most: 20 }
  - name: loading
    parallel:
      - { name: posts, request: GET /v1/posts, capture: { post: $.id } }
      - { name: users, request: GET /v1/users }
  - { name: waiting, pause: 2s }
  - { name: reading, request: "GET /{{ post }}" }
`);
  const [polling, loading, waiting] = steps as [ActionStep, ParallelStep, ActionStep];
  expect(polling.if).toMatchObject({
    value: { kind: 'text' },
    condition: { kind: 'constant', value: { not: { contains: 'x' } } },
  });
  expect(polling.repeat).toMatchObject({ everyMs: 1_000, atMost: 20, until: [{ kind: 'status' }] });
  expect(loading).toMatchObject({ kind: 'parallel', steps: [{ name: 'posts' }, { name: 'users' }] });
  expect(waiting).toMatchObject({ kind: 'pause', expect: [], repeat: null });
});

test('what is right and still not what was meant is noted', () => {
  const text = `${HEAD}timeout: 10s\nquarantine: { until: 2026-11-01, reason: flaky }\nsteps:
  - { name: one, request: GET /, repeat: { until: { status: 200 }, at_most: 20 } }
  - { name: two, request: GET /, repeat: { until: { status: 200 }, every: 100ms, at_most: 20 } }\n`;
  const notes = (today: string) =>
    parseScenario(text, 'a', { today }).notes.map(({ line, message }) => `${line}: ${message}`);
  const waiting = '8: 19 waits take 19 s, and the attempt has 10 s';
  expect(notes('2026-11-01')).toEqual([waiting]);
  expect(notes('2026-11-02')).toEqual([
    '6: the quarantine is over since 2026-11-01: this scenario rings again',
    waiting,
  ]);
});

describe('data', () => {
  const rows = (text: string, contents: Record<string, string>) =>
    scenario(
      `variables: { title: hello }\n${text}\nsteps:\n  - { name: one, request: "GET /{{ row.a }}/{{ $row }}" }\n`,
      contents,
    ).data!.map((row) => (render(row, scope) as { value: unknown }).value);

  test('a CSV file gives texts, with the quotes and line ends of RFC 4180', () => {
    const csv = '\ufeffa,b\r\n"x, ""y""\nz",1\r\n\r\n{{ title }},\r\n';
    expect(rows('data: { file: ./a.csv }', { 'a.csv': csv })).toEqual([
      { a: 'x, "y"\nz', b: '1' },
      { a: '{{ title }}', b: '' },
    ]);
  });

  test('a JSON file gives values, the list in the scenario templates, too', () => {
    expect(rows('data: { file: ./a.json }', { 'a.json': '[{ "a": 1 }, { "a": null, "b": [true] }]' })).toEqual([
      { a: 1 },
      { a: null, b: [true] },
    ]);
    expect(rows('data: [{ a: "{{ title }}" }, { a: 2 }]', {})).toEqual([{ a: 'hello' }, { a: 2 }]);
  });

  test('more than a thousand rows are refused', () => {
    const csv = `a\n${'x\n'.repeat(1_001)}`;
    const files = memoryFiles('a', { 'a.csv': csv });
    expect(parseScenario(`${HEAD}data: { file: ./a.csv }\n${STEPS}`, 'a', { files }).diagnostics).toMatchObject([
      { message: './a.csv has 1001 rows; at most 1000 are run' },
    ]);
  });
});

describe('connections', () => {
  const files = memoryFiles('a', { 'ca.pem': 'CA', 'c.pem': 'CERT', 'k.pem': 'KEY' });
  const settings = (written: object) => renderConnection(compileConnection(written, files)!, scope);

  test('files are read, texts filled in, the rest is the default', () => {
    const client_certificate = { cert: 'c.pem', key: 'k.pem', passphrase: '{{ secrets.KEY }}' };
    expect(settings({ proxy: 'http://p:3128', http: 2, ca: 'ca.pem', client_certificate, ip: 6 })).toEqual({
      value: {
        http: '2',
        proxy: 'http://p:3128',
        ca: 'CA',
        clientCertificate: { cert: 'CERT', key: 'KEY', passphrase: 's3cret' },
        verify: true,
        ip: 6,
        servername: null,
        resolve: null,
      },
    });
    expect(settings({ verify: false, servername: '{{ title }}.example.com', resolve: '10.0.0.5' })).toMatchObject({
      value: { http: '1.1', verify: false, servername: 'hello.example.com', resolve: '10.0.0.5', ca: null },
    });
  });

  test('a name without a value is an error', () => {
    expect(settings({ proxy: '{{ nothing }}' })).toMatchObject({ error: { name: 'nothing' } });
  });
});

describe('files on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-files-'));
  const files = diskFiles(join(folder, 'a.scenario.yaml'));

  test('are read beside the scenario; what is no file, too large or no text is refused in words', () => {
    try {
      mkdirSync(join(folder, 'sub'));
      writeFileSync(join(folder, 'sub/a.txt'), '글');
      writeFileSync(join(folder, 'bytes'), Buffer.from([0xff, 0xfe]));
      writeFileSync(join(folder, 'large'), Buffer.alloc(10_000_001));
      expect(files.text('./sub/a.txt')).toEqual({ value: '글' });
      expect(files.from('./sub/x.steps.yaml').text('a.txt')).toEqual({ value: '글' });
      expect(files.bytes(join(folder, 'bytes'))).toEqual({ value: Buffer.from([0xff, 0xfe]) });
      expect(files.text('bytes')).toEqual({ error: 'it is not a text in UTF-8' });
      expect(files.text('sub')).toEqual({ error: 'it is not a file' });
      expect(files.text('/dev/zero')).toEqual({ error: 'it is not a file' });
      expect(files.text('nothing')).toEqual({ error: 'there is no such file' });
      expect(files.text('bytes/x')).toEqual({ error: 'there is no such file' });
      expect(files.text('large')).toEqual({ error: 'it has 10.0 MB; at most 10 MB are read' });
      expect(files.text('a\0b')).toEqual({ error: 'that is no path of a file' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('without any, none can be named', () => {
    expect(noSourceFiles('a').text('b')).toEqual({ error: 'no files can be read here' });
  });
});

test('a table with too many columns is refused at once', () => {
  const names = Array.from({ length: 200_000 }, (_, index) => `c${index}`).join(',');
  const text =
    'version: 1\nid: a\nname: A\nservice: a\ndata: { file: ./d.csv }\nsteps: [{ name: a, request: GET / }]\n';
  const files = memoryFiles('/a/a.scenario.yaml', { '/a/d.csv': `${names}\n${names}\n` });
  const start = performance.now();
  const { diagnostics } = parseScenario(text, '/a/a.scenario.yaml', { files });
  expect(diagnostics[0]!.message).toBe('./d.csv: it has 200000 columns; at most 1000 are read');
  expect(performance.now() - start).toBeLessThan(5_000);
});
