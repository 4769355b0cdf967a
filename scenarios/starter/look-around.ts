import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { isMapping } from '../language/written.ts';

/** What the files of a repository tell about its service. Nothing that cannot be read is an error: there is a default. */
export interface Found {
  service: string;
  openapi: string | null;
  healthPath: string;
  /** Where the description says that the service runs; null where it does not say. */
  server: string | null;
}

const DESCRIPTIONS = ['', 'docs/', 'api/', 'spec/', 'public/'].flatMap((folder) =>
  ['openapi.json', 'openapi.yaml', 'openapi.yml', 'swagger.json', 'swagger.yaml'].map((file) => `${folder}${file}`),
);
/** What services commonly call it, the most telling first. */
const HEALTH_PATHS = [
  '/healthz',
  '/health',
  '/readyz',
  '/livez',
  '/api/health',
  '/api/healthz',
  '/actuator/health',
  '/status',
  '/ping',
];
const LARGEST_BYTES = 20 * 2 ** 20;

export function lookAround(directory: string): Found {
  const described = describe(directory);
  const known = described?.paths;
  const asked = known && HEALTH_PATHS.find((path) => isMapping(known[path]) && Object.hasOwn(known[path], 'get'));
  return {
    service: serviceName(directory),
    openapi: described?.file ?? null,
    healthPath: asked ?? (known ? '/' : '/healthz'),
    server: described?.server ?? null,
  };
}

interface Description {
  file: string;
  paths: Record<string, unknown>;
  server: string | null;
}

/** The first OpenAPI description in one of the usual places. */
function describe(directory: string): Description | null {
  for (const file of DESCRIPTIONS) {
    const content = contentOf(join(directory, file));
    if (!isMapping(content) || !isMapping(content.paths) || (content.openapi ?? content.swagger) === undefined)
      continue;
    return { file, paths: content.paths, server: serverOf(content.servers) };
  }
  return null;
}

function contentOf(file: string): unknown {
  const text = read(file);
  if (text === null) return null;
  return attempt(() => (file.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: 100 })));
}

/** The first server with an address of its own, without templates. */
function serverOf(servers: unknown): string | null {
  if (!Array.isArray(servers)) return null;
  for (const server of servers) {
    const url = isMapping(server) && typeof server.url === 'string' ? URL.parse(server.url) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || /[{}]|%7B/i.test(url.href)) continue;
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  }
  return null;
}

function serviceName(directory: string): string {
  const names = [
    () => (JSON.parse(read(join(directory, 'package.json')) ?? 'null') as { name?: unknown } | null)?.name,
    () => /^\s*name\s*=\s*"([^"]+)"/m.exec(read(join(directory, 'pyproject.toml')) ?? '')?.[1],
    () => /^module\s+(\S+)/m.exec(read(join(directory, 'go.mod')) ?? '')?.[1],
    () => basename(resolve(directory)),
  ];
  for (const ask of names) {
    const name = plain(attempt(ask));
    if (name !== '') return name;
  }
  return 'service';
}

function attempt(ask: () => unknown): unknown {
  try {
    return ask();
  } catch {
    return null;
  }
}

/** `@acme/shop-api` and `github.com/acme/shop-api` are the shop-api. */
function plain(name: unknown): string {
  if (typeof name !== 'string') return '';
  const last = name.split('/').at(-1)!;
  return last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
}

function read(file: string): string | null {
  try {
    const bytes = readFileSync(file);
    return bytes.length > LARGEST_BYTES ? null : bytes.toString('utf8');
  } catch {
    return null;
  }
}
