import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { builtinModules } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, Running, temporaryFolder } from './support/ringdown.ts';

/** What people install: both packages as `npm pack` makes them, in folders that know nothing of this checkout. */
const folder = temporaryFolder();
const checkout = join(folder.path, 'checkout');
const packages = join(folder.path, 'packages');
const watcher = join(folder.path, 'watcher');
const app = join(folder.path, 'app');

/** The machine's own npm and Node, as if no script of this checkout had been started. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|INIT_CWD$|PATH$)/i.test(name)),
);
environment.PATH = (process.env.PATH ?? '')
  .split(':')
  .filter((entry) => !entry.includes('node_modules') && !entry.includes('node-gyp-bin'))
  .join(':');

function execute(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** As `execute`, for a command that asks a server of this very process. */
async function executeAsync(command: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: environment, encoding: 'utf8' });
  return stdout;
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

function manifestOf(installed: string) {
  return JSON.parse(read(installed, 'package.json')) as {
    name: string;
    version: string;
    scripts?: object;
    dependencies: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
}

beforeAll(() => {
  // A copy, so that packing never touches the package.json files that others are working with.
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    // A file deleted but not committed yet is still listed.
    cpSync(join(ROOT, file), join(checkout, file), { force: true, errorOnExist: false, recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(packages);
  execute('npm', ['pack', '--pack-destination', packages], checkout);
  execute('npm', ['pack', './monitoring/instrument', '--pack-destination', packages], checkout);

  const { version } = manifestOf(ROOT);
  const instrument = join(packages, `ringdown-instrument-${version}.tgz`);
  for (const [target, tarballs] of [
    [watcher, [join(packages, `ringdown-${version}.tgz`), instrument]],
    [app, [instrument]],
  ] as const) {
    mkdirSync(target);
    execute('npm', ['init', '-y'], target);
    execute('npm', ['install', ...tarballs], target);
  }
}, 600_000);

afterAll(() => folder.remove());

test('packing leaves the checkout as it was', () => {
  for (const file of ['package.json', 'monitoring/instrument/package.json']) {
    expect(read(checkout, file)).toBe(read(ROOT, file));
  }
});

test('a pack that was interrupted is put right by the next one, and an edit in between is not lost', () => {
  const room = join(checkout, 'monitoring/instrument');
  const pack = (event: string) => execute(process.execPath, ['deploy/package.mjs', event, room], checkout);
  pack('prepack');
  const published = read(room, 'package.json');
  expect(published).not.toBe(read(ROOT, 'monitoring/instrument/package.json'));

  writeFileSync(join(room, 'package.json'), published.replace('0.1.0', '0.2.0'));
  expect(() => pack('prepack')).toThrow(/was edited while it was being packed/);
  expect(read(room, 'package.json')).toContain('0.2.0');

  writeFileSync(join(room, 'package.json'), published);
  pack('prepack');
  pack('postpack');
  expect(read(room, 'package.json')).toBe(read(ROOT, 'monitoring/instrument/package.json'));
});

test('a folder is never published: npm would announce the dependencies of the checkout', () => {
  expect(() => execute('npm', ['run', 'prepublishOnly'], checkout)).toThrow(/npm pack/);
});

describe.each([
  ['ringdown', join(watcher, 'node_modules/ringdown')],
  ['@ringdown/instrument', join(app, 'node_modules/@ringdown/instrument')],
])('the package %s', (_name, installed) => {
  test('holds JavaScript and declarations: no sources, tests or fixtures', () => {
    const files = globSync('**', { cwd: installed, exclude: ['node_modules'] });
    expect(files.filter((file) => /(?<!\.d)\.tsx?$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\.test\.|\btesting\b|test-data|fixture|package\.checkout/.test(file))).toEqual([]);
    expect(files).toContain('README.md');
    expect(files).toContain('LICENSE');
  });

  test('depends on what it imports', () => {
    const { name, dependencies, peerDependencies = {} } = manifestOf(installed);
    const declared = [name, ...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    const imported = new Set<string>();
    // What scripts for k6 import, k6 itself provides; the generator holds it as text.
    const ours = globSync('dist/**/*.js', { cwd: installed, exclude: ['dist/scenarios/load/**'] });
    for (const file of ours) {
      for (const [, specifier] of read(installed, file).matchAll(
        /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*['"]([@a-z][^'"\s]*)['"]/g,
      )) {
        const parts = specifier!.split('/');
        imported.add(specifier!.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!);
      }
    }
    const foreign = [...imported].filter((each) => !each.startsWith('node:') && !builtinModules.includes(each));
    expect(foreign.filter((each) => !declared.includes(each))).toEqual([]);
    expect(foreign.length).toBeGreaterThan(3);
  });

  test('runs nothing when it is installed', () => {
    expect(manifestOf(installed).scripts).toBeUndefined();
  });
});

describe('ringdown, installed', () => {
  const installed = join(watcher, 'node_modules/ringdown');

  test('npx ringdown --version', () => {
    expect(execute('npx', ['ringdown', '--version'], watcher).trim()).toBe(manifestOf(ROOT).version);
  });

  test('npx ringdown validate judges a file of the user', () => {
    const file = 'mine.scenario.yaml';
    copyFileSync(join(installed, 'scenarios/suites/health.scenario.yaml'), join(watcher, file));
    expect(execute('npx', ['ringdown', 'validate', file], watcher)).toContain('1 file valid');
    writeFileSync(join(watcher, 'broken.scenario.yaml'), read(watcher, file).replace('status: 200', 'statuss: 200'));
    expect(() => execute('npx', ['ringdown', 'validate', 'broken.scenario.yaml'], watcher)).toThrow(
      /broken\.scenario\.yaml:\d+:\d+: .*statuss/,
    );
  });

  test('npx ringdown init, import, export and run: every folder of plug-ins is there', async () => {
    const start = join(folder.path, 'start');
    mkdirSync(start);
    symlinkSync(join(watcher, 'node_modules'), join(start, 'node_modules'));
    const shop = createServer((_request, response) => response.end('{"ok":true}')).listen(0, '127.0.0.1');
    await once(shop, 'listening');
    const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    const cli = (...args: string[]) => executeAsync('npx', ['ringdown', ...args], start);
    try {
      await cli('init', '--url', url);
      await cli('import', 'curl', `curl ${url}/orders -H 'accept: application/json'`);
      writeFileSync(join(start, 'functions.mjs'), 'export const path = () => "/called";\n');
      const config = read(start, 'ringdown.yaml');
      writeFileSync(join(start, 'ringdown.yaml'), `${config}functions: [functions.mjs]\n`);
      writeFileSync(
        join(start, 'scenarios/own.scenario.yaml'),
        `version: 1
id: own
name: Own
service: shop
variables: { who: "{{ $faker('person.firstName') }}" }
steps:
  - name: calling
    request: GET {{ $call("path") }}
    auth: { basic: { username: "{{ who }}", password: b } }
    expect: { jsonpath: { $.ok: true }, json_schema: { type: object } }
  - { name: waiting, pause: 1ms }
`,
      );
      expect(await cli('validate')).toContain('4 files valid');
      expect(await cli('export', 'k6', 'scenarios/health.scenario.yaml')).toContain("from 'k6/http'");
      const output = await cli(
        'run',
        'scenarios/own.scenario.yaml',
        '--reporter',
        'console',
        '--reporter',
        'html=a.html',
      );
      expect(output).toContain('1 passed');
    } finally {
      shop.close();
    }
  });

  test('every type of backend and of source is there and loads with its client library', () => {
    const types = (kind: string) =>
      globSync('*/config.ts', { cwd: join(ROOT, 'monitoring', kind) }).map((file) => dirname(file));
    writeFileSync(
      join(watcher, 'load.mjs'),
      `const { backendTypes, loadBackend } = await import('./node_modules/ringdown/dist/monitoring/backends/registry.js');
const { sourceTypes, loadSource } = await import('./node_modules/ringdown/dist/monitoring/sources/registry.js');
for (const type of backendTypes()) console.log((await loadBackend(type)).type);
for (const type of sourceTypes()) console.log((await loadSource(type)).type);
`,
    );
    const loaded = execute(process.execPath, ['load.mjs'], watcher).trim().split('\n');
    expect(loaded.sort()).toEqual([...types('backends'), ...types('sources')].sort());
  });

  test('up watches the reference API, shows the UI and ends on SIGTERM', async () => {
    const running = await Running.start({
      command: 'up',
      folder: watcher,
      launcher: join(watcher, 'node_modules/.bin/ringdown'),
    });
    try {
      await running.monitorIn('passing', 'post-journey@local', 30_000);
      const page = await (await fetch(running.ready.url, { headers: { accept: 'text/html' } })).text();
      const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
      expect((await fetch(new URL(script!, running.ready.url))).headers.get('content-type')).toContain('javascript');
      const { items } = await running.api<{ items: { id: string; trace_id: string }[] }>(
        '/api/v1/monitors/post-journey@local/runs',
      );
      expect(items.length).toBeGreaterThan(0);
    } finally {
      expect(await running.stop()).toBe(0);
    }
  }, 90_000);
});

describe('@ringdown/instrument, installed', () => {
  const source = `
import { instrument } from '@ringdown/instrument';
import Fastify from 'fastify';

const app = Fastify();
await app.register(instrument, { serviceName: 'shop', statsd: false });
app.get('/', async () => 'hello');
const address = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(await (await fetch(address)).text());
await app.close();
`;

  test('an app that registers it in two lines passes the type checker', () => {
    writeFileSync(join(app, 'app.ts'), source);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      moduleDetection: 'force',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    writeFileSync(
      join(app, 'package.json'),
      JSON.stringify({ ...JSON.parse(read(app, 'package.json')), type: 'module' }),
    );
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
    execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app], app);
    const wrong = source.replace("serviceName: 'shop'", 'serviceName: 7');
    writeFileSync(join(app, 'app.ts'), wrong);
    expect(() => execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app], app)).toThrow();
    writeFileSync(join(app, 'app.ts'), source);
  });

  test('that app answers, and its telemetry arrives', async () => {
    const received: string[] = [];
    const collector = createServer((request, response) => {
      received.push(request.url!);
      request.resume().on('end', () => response.writeHead(200).end());
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, ['app.ts'], {
      cwd: app,
      env: { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    collector.closeAllConnections();
    collector.close();
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: 'hello' });
    expect(received).toContain('/v1/traces');
    expect(received).toContain('/v1/metrics');
  });
});
