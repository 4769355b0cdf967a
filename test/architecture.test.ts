import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** The import rules of docs/architecture.md. A room is a top-level folder; rules name what it may reach. */
const ROOT = resolve(import.meta.dirname, '..');
const ROOMS = ['core', 'api', 'monitoring', 'scenarios', 'alerts', 'storage', 'control', 'dashboards', 'app'] as const;
type Room = (typeof ROOMS)[number];

const ALLOWED: Record<Room, (file: string, target: string, typeOnly: boolean) => boolean> = {
  core: () => false,
  monitoring: (_file, target) => room(target) === 'core',
  scenarios: (_file, target) => room(target) === 'core',
  alerts: (_file, target) => room(target) === 'core',
  // Storage implements the ports that their consumers own.
  storage: (_file, target) => ['core', 'scenarios', 'alerts', 'monitoring'].includes(room(target)),
  // The HTTP API gets instances; of other rooms it knows the types.
  control: (_file, target, typeOnly) => room(target) === 'core' || (typeOnly && room(target) !== 'app'),
  // The service under watch: its edge alone opens a database.
  api: (file, target) => room(target) === 'core' || (file === 'api/start.ts' && target.startsWith('storage/sqlite/')),
  dashboards: (_file, target, typeOnly) => typeOnly && target === 'control/resources.ts',
  app: () => true,
};

/** Folders whose children are plug-ins: a child imports its port, core and its own files, never a sibling. */
const PLUG_INS = [
  'monitoring/backends',
  'monitoring/sources',
  'alerts/notifiers',
  'alerts/inbound',
  'alerts/rules',
  'alerts/compilers',
  'scenarios/engine/assertions',
  'scenarios/engine/auth',
  'scenarios/engine/protocols',
  'scenarios/importers',
  'scenarios/reporters',
];

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file && existsSync(join(ROOT, file)) && ROOMS.includes(room(file)));

function room(file: string): Room {
  return file.split('/', 1)[0] as Room;
}

const isTest = (file: string) => /\.test\.tsx?$|\/testing\//.test(file);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found: Import[] = [];
  const statement =
    /(?:^|\n)\s*(import|export)\s+(type\s+)?([^'";]*?from\s+)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]/g;
  for (const [whole, , typeKeyword, names, path, dynamicPath] of text.matchAll(statement)) {
    const specifier = path ?? dynamicPath!;
    const target = relative(ROOT, normalize(join(ROOT, dirname(file), specifier)));
    const onlyTypes =
      Boolean(typeKeyword) || /^[^{]*\{(\s*type\s+[\w$]+(\s+as\s+\w+)?\s*,?)+\s*\}\s*from/.test(names ?? '');
    const inTypePosition = dynamicPath !== undefined && !/await\s*$/.test(text.slice(0, text.indexOf(whole)));
    found.push({ file, target, typeOnly: onlyTypes || inTypePosition });
  }
  return found;
}

const imports = sources.filter((file) => !isTest(file)).flatMap(importsOf);

describe('the house', () => {
  test('has imports to judge', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  test.each(ROOMS)('%s reaches only what its rule allows', (name) => {
    const broken = imports
      .filter(({ file, target }) => room(file) === name && room(target) !== name)
      .filter(({ file, target, typeOnly }) => !ALLOWED[name](file, target, typeOnly))
      .map(({ file, target }) => `${file} → ${target}`);
    expect(broken).toEqual([]);
  });

  test.each(PLUG_INS)('no folder in %s knows a sibling', (parent) => {
    const child = (file: string) => (file.startsWith(`${parent}/`) ? file.slice(parent.length + 1).split('/') : []);
    const broken = imports
      .filter(({ file, target }) => {
        const [own, inside] = child(file);
        const [other, otherInside] = child(target);
        return inside && otherInside && own !== other;
      })
      .map(({ file, target }) => `${file} → ${target}`);
    expect(broken).toEqual([]);
  });

  test('has no import cycle', () => {
    const graph = new Map<string, string[]>();
    for (const { file, target, typeOnly } of imports) {
      if (!typeOnly) graph.set(file, [...(graph.get(file) ?? []), target]);
    }
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      const start = path.indexOf(file);
      if (start >= 0) return void cycles.push([...path.slice(start), file].join(' → '));
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('neither the settings of a backend nor the relay loads a client library: only a backend that is used does', () => {
    const graph = Map.groupBy(
      imports.filter(({ typeOnly }) => !typeOnly),
      ({ file }) => file,
    );
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { target } of graph.get(file) ?? []) visit(target);
    };
    for (const file of sources) {
      if (/^monitoring\/(backends|sources)\/[^/]+\/config\.ts$/.test(file)) visit(file);
    }
    expect(reached.size).toBeGreaterThan(8);
    visit('monitoring/relay/main.ts');
    const packages = [...reached].flatMap((file) =>
      [
        ...readFileSync(join(ROOT, file), 'utf8').matchAll(
          /^(?:import|export) (?!type\b)[^'";]*from '([^.'][^']*)';$/gm,
        ),
      ]
        .map(([, name]) => name!)
        .filter((name) => !name.startsWith('node:'))
        .map((name) => `${file} → ${name}`),
    );
    expect(packages.filter((each) => !each.endsWith(' → typebox'))).toEqual([]);
    expect(packages.length).toBeGreaterThan(8);
  });

  test('every relative import leads to a file', () => {
    const missing = imports
      .filter(({ target }) => !existsSync(join(ROOT, target)))
      .map(({ file, target }) => `${file} → ${target}`);
    expect(missing).toEqual([]);
  });
});
