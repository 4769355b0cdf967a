import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';

/** What the files of a repository tell about its service. Nothing that cannot be read is an error: there is a default. */
export interface Found {
  service: string;
  openapi: string | null;
  healthPath: string;
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
  const openapi = DESCRIPTIONS.find((file) => paths(directory, file) !== null) ?? null;
  const known = openapi === null ? null : paths(directory, openapi);
  const asked = known && HEALTH_PATHS.find((path) => isRecord(known[path]) && Object.hasOwn(known[path], 'get'));
  return { service: serviceName(directory), openapi, healthPath: asked ?? (known ? '/' : '/healthz') };
}

/** The paths of an OpenAPI description; null when the file is not one. */
function paths(directory: string, file: string): Record<string, unknown> | null {
  const text = read(join(directory, file));
  if (text === null) return null;
  try {
    const description: unknown = file.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
    const stated = isRecord(description) && (description.openapi ?? description.swagger) !== undefined;
    return stated && isRecord(description.paths) ? description.paths : null;
  } catch {
    return null;
  }
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
