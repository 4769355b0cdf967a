import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT, ringdown, temporaryFolder } from '../support/ringdown.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const write = (name: string, text: string) => {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  return file;
};
const here = () => ({ cwd: folder.path });

describe('what one start compiled is kept for the next', () => {
  const withHome = (home: string) => ({
    env: { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: home },
  });
  const compiled = () => globSync('.cache/ringdown/*/*', { cwd: folder.path });

  test('in the home folder, in the folder for caches, and in one that is named', async () => {
    expect(await ringdown(['--version'], withHome(folder.path))).toMatchObject({ code: 0 });
    expect(compiled()).not.toEqual([]);
    const elsewhere = { XDG_CACHE_HOME: join(folder.path, 'caches'), NODE_COMPILE_CACHE: undefined };
    expect(await ringdown(['--version'], { env: elsewhere })).toMatchObject({ code: 0 });
    expect(globSync('caches/ringdown/*/*', { cwd: folder.path })).not.toEqual([]);
    const named = { NODE_COMPILE_CACHE: join(folder.path, 'named') };
    expect(await ringdown(['--version'], { env: named })).toMatchObject({ code: 0 });
    expect(globSync('named/*/*', { cwd: folder.path })).not.toEqual([]);
  });

  test('a home that cannot be written, or damage in what was kept, changes nothing', async () => {
    const first = await ringdown(['--version'], withHome(folder.path));
    for (const file of compiled()) writeFileSync(join(folder.path, file), 'torn');
    expect(await ringdown(['--version'], withHome(folder.path))).toEqual(first);
    expect(await ringdown(['--version'], withHome('/dev/null'))).toEqual(first);
  });
});

describe('bad input ends before anything starts, with exit code 2', () => {
  test('every mistake of config, policy and scenario at once, each with file, line and column', async () => {
    write(
      'ringdown.yaml',
      `version: 1
environments: { local: { base_url: "ftp://example.com" } }
scenarios: ["*.scenario.yaml"]
policies: ["*.policy.yaml"]
channels:
  - { name: pager, type: pagerduty, routing_key: "\${NO_SUCH_KEY}" }
  - { name: pager, type: slack, url: x }
`,
    );
    write(
      'p.policy.yaml',
      'version: 1\nid: p\npriority: P1\nrules: [{ scenario: {} }]\nescalation: [{ after: 0s, notify: [pagr] }]\n',
    );
    write(
      's.scenario.yaml',
      'version: 1\nid: S!\nname: s\nservice: shop\nsteps:\n  - name: one\n    request: GET /\n    expect: { statuss: 200 }\n',
    );
    const { code, stderr } = await ringdown(['serve', '--data-dir', 'data'], here());
    expect(code).toBe(2);
    expect(stderr).toContain('ringdown.yaml:2:36: base_url must be an http or https URL');
    expect(stderr).toContain('environment variable NO_SUCH_KEY is not set');
    expect(stderr).toContain('ringdown.yaml:7:13: the name "pager" is used twice');
    expect(stderr).toMatch(/p\.policy\.yaml:5:\d+: unknown channel "pagr"/);
    expect(stderr).toMatch(/s\.scenario\.yaml:2:5: /);
    expect(stderr).toMatch(/s\.scenario\.yaml:8:15: unknown key "statuss"/);
    expect(stderr).toContain('did you mean "status"?');
    expect(stderr).toMatch(/\d errors in 3 files/);
  });

  test('validate prints the line and a caret, and JSON when asked', async () => {
    const file = write(
      's.scenario.yaml',
      'version: 1\nid: s\nname: s\nservice: shop\nsteps:\n  - name: one\n    request: GET /\n    json: { title: {{ x }} }\n',
    );
    const { code, stderr } = await ringdown(['validate', file], here());
    expect(code).toBe(2);
    expect(stderr).toMatch(/s\.scenario\.yaml:8:\d+: .*\n {4}8 \| .*title: \{\{ x \}\}.*\n {6}\| +\^/);
    const json = await ringdown(['validate', file, '--json'], here());
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, diagnostics: [{ line: 8 }] });
  });

  test('the shipped scenarios and policies are valid', async () => {
    const { code, stdout, stderr } = await ringdown([
      'validate',
      ...globSync('{scenarios/suites,alerts/policies}/**/*.yaml', { cwd: ROOT }),
    ]);
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^[6-9] files valid\n$/), '']);
  });

  test('an unknown command, flag, port and a missing file', async () => {
    expect((await ringdown(['upp'])).code).toBe(2);
    expect((await ringdown(['up', '--prot', '1'])).code).toBe(2);
    expect((await ringdown(['up', '--port', 'x'])).code).toBe(2);
    const missing = await ringdown(['run', 'nothing.scenario.yaml'], here());
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('nothing.scenario.yaml:1:1: it cannot be read: there is no such file'),
    ]);
  });

  test('a port that is taken, with a hint', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    try {
      for (const flag of ['--port', '--otlp-port', '--otlp-grpc-port', '--api-port']) {
        const ports = {
          '--port': '0',
          '--otlp-port': '0',
          '--otlp-grpc-port': '0',
          '--statsd-port': '0',
          '--api-port': '0',
          [flag]: String(port),
        };
        const { code, stderr } = await ringdown(['up', '--data-dir', 'data', ...Object.entries(ports).flat()], here());
        expect({ flag, code, stderr }).toEqual({ flag, code: 2, stderr: expect.stringContaining(String(port)) });
        expect(stderr).toContain(flag);
      }
    } finally {
      squatter.close();
    }
  });

  test('a command that needs a running watcher says so', async () => {
    const { code, stderr } = await ringdown(['break', 'posts', '--data-dir', 'data'], here());
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('no reference API was started from this data directory'),
    ]);
  });
});

describe('run', () => {
  const scenario = (path: string) => `version: 1
id: one
name: One
service: shop
steps:
  - name: asking
    request: GET ${path}
`;

  test('an unreachable target is a failed run with a clear reason, exit code 1', async () => {
    const file = write('one.scenario.yaml', scenario('/'));
    write('ringdown.yaml', 'version: 1\nenvironments: { local: { base_url: "http://127.0.0.1:1" } }\n');
    const { code, stdout } = await ringdown(['run', file], here());
    expect(code).toBe(1);
    expect(stdout).toMatch(/refused/i);
  });

  test('reports as JUnit XML and as JSON, into a file when asked', async () => {
    const file = write('one.scenario.yaml', scenario('/'));
    write('ringdown.yaml', 'version: 1\nenvironments: { local: { base_url: "http://127.0.0.1:1" } }\n');
    await ringdown(['run', file, '--reporter', 'junit', '--output', 'report.xml'], here());
    expect(readFileSync(join(folder.path, 'report.xml'), 'utf8')).toMatch(/^<\?xml.*<testsuites/s);
    const { stdout } = await ringdown(['run', file, '--reporter', 'json'], here());
    expect(JSON.stringify(JSON.parse(stdout))).toContain('"status":"error"');
  });

  test('without an environment it says what to do', async () => {
    const file = write('one.scenario.yaml', scenario('/'));
    const { code, stderr } = await ringdown(['run', file, '--data-dir', 'data'], here());
    expect([code, stderr]).toEqual([2, expect.stringContaining('environments')]);
  });
});

test('help lists every command', async () => {
  const { code, stdout } = await ringdown(['--help']);
  expect(code).toBe(0);
  for (const name of [
    'up',
    'serve',
    'run',
    'load',
    'export',
    'import',
    'init',
    'validate',
    'doctor',
    'channels',
    'token',
    'break',
    'mend',
  ])
    expect(stdout).toContain(name);
});

test('with --json a failure is JSON too, and a slip is sent to the help of its own command', async () => {
  write('ringdown.yaml', 'version: 1\nchannels: [{ name: terminal, type: console }]\n');
  const [unknown, slip] = await Promise.all([
    ringdown(['channels', 'test', 'nope', '--json'], here()),
    ringdown(['alerts', 'test', '--bogus'], here()),
  ]);
  expect(unknown.code).toBe(2);
  expect(JSON.parse(unknown.stdout)).toEqual({
    error: { code: 'UNKNOWN_CHANNEL', message: 'there is no channel "nope"', hint: 'known: terminal' },
  });
  expect(slip.code).toBe(2);
  expect(slip.stderr).toContain('(ringdown alerts test --help shows what it takes)');
});
