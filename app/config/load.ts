import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import type { ChannelSettings } from '../../alerts/notifier.ts';
import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  type Path,
  readDocument,
  type SourceDocument,
} from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { configSchema } from './schema.ts';
import { substitute } from './substitute.ts';

export interface EnvironmentSettings {
  name: string;
  baseUrl: string;
}

export interface BackendEntry {
  name: string;
  type: string;
  retention?: string;
  max_size?: string;
}

/** What ringdown.yaml says, with defaults filled in. `undefined`: not said, the command decides. */
export interface Config {
  /** As given or found; null when there is none. */
  file: string | null;
  publicUrl: string | undefined;
  environments: EnvironmentSettings[];
  scenarioFiles: string[] | undefined;
  policyFiles: string[] | undefined;
  channels: ChannelSettings[];
  backends: BackendEntry[];
  runRetentionMs: number;
}

export interface Loaded<T> {
  value: T;
  diagnostics: Diagnostic[];
  /** Texts of the files that the diagnostics are about, by the name they carry. */
  texts: Map<string, string>;
}

interface ConfigFile {
  public_url?: string;
  environments?: Record<string, { base_url: string }>;
  scenarios?: string[];
  policies?: string[];
  channels?: ChannelSettings[];
  backends?: BackendEntry[];
  retention?: { runs?: string };
}

export const DEFAULT_CONFIG_FILE = 'ringdown.yaml';
const DEFAULT_BACKENDS: BackendEntry[] = [{ name: 'local', type: 'embedded', retention: '7d', max_size: '5GB' }];
const DEFAULT_RUN_RETENTION_MS = 30 * 86_400_000;

/**
 * Reads ringdown.yaml.
 * @param given `--config`; when absent, ringdown.yaml of the working directory is used if there is one
 * @param channel schema of one entry of `channels:`
 */
export function loadConfig(
  given: string | undefined,
  channel: TSchema,
  env: Readonly<Record<string, string | undefined>>,
): Loaded<Config> {
  const file = given ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : null);
  if (file === null) return { value: interpret({}, null), diagnostics: [], texts: new Map() };

  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`;
    const diagnostic = { file, line: 1, column: 1, message };
    return { value: interpret({}, file), diagnostics: [diagnostic], texts: new Map([[file, '']]) };
  }

  const doc = readDocument(text, file);
  const shape = doc.diagnostics.length > 0 ? [...doc.diagnostics] : checkDocument(doc, configSchema(channel));
  const { value, diagnostics } = substitute(doc, env);
  const found = [...shape, ...diagnostics];
  const content = (value ?? {}) as ConfigFile;
  if (shape.length === 0) found.push(...checkMeaning(doc, content));
  const config = interpret(shape.length === 0 ? content : {}, file);
  return { value: config, diagnostics: found, texts: new Map([[file, text]]) };
}

/** What a schema cannot say: URLs, names used twice, globs that match nothing. Values may be secret, so none is printed. */
function checkMeaning(doc: SourceDocument, content: ConfigFile): Diagnostic[] {
  const found: Diagnostic[] = [];
  const at = (path: Path, message: string, hint?: string) => found.push(diagnosticAt(doc, path, message, hint));

  if (content.public_url !== undefined && !isHttpUrl(content.public_url)) {
    at(['public_url'], 'public_url must be an http or https URL');
  }
  for (const [name, { base_url }] of Object.entries(content.environments ?? {})) {
    if (!isHttpUrl(base_url)) at(['environments', name, 'base_url'], 'base_url must be an http or https URL');
  }
  for (const list of ['channels', 'backends'] as const) {
    const seen = new Set<string>();
    for (const [index, { name }] of (content[list] ?? []).entries()) {
      if (seen.has(name)) at([list, index, 'name'], `the name "${name}" is used twice`);
      if (list === 'channels' && name === 'all')
        at([list, index, 'name'], '"all" stands for every channel', 'choose another name');
      seen.add(name);
    }
  }
  for (const list of ['scenarios', 'policies'] as const) {
    for (const [index, pattern] of (content[list] ?? []).entries()) {
      if (glob([pattern], doc.file).length === 0)
        at([list, index], 'no file matches', 'paths are relative to this file');
    }
  }
  return found;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function interpret(content: ConfigFile, file: string | null): Config {
  return {
    file,
    publicUrl: content.public_url?.replace(/\/+$/, ''),
    environments: Object.entries(content.environments ?? {}).map(([name, { base_url }]) => ({
      name,
      baseUrl: base_url,
    })),
    scenarioFiles: content.scenarios && glob(content.scenarios, file),
    policyFiles: content.policies && glob(content.policies, file),
    channels: content.channels ?? [],
    backends: content.backends ?? DEFAULT_BACKENDS,
    runRetentionMs: (content.retention?.runs && parseDuration(content.retention.runs)) || DEFAULT_RUN_RETENTION_MS,
  };
}

/** Paths as a person would type them: relative to the working directory where that is shorter. */
function glob(patterns: string[], file: string | null): string[] {
  const base = file ? dirname(resolve(file)) : process.cwd();
  const found = new Set<string>();
  for (const pattern of patterns) {
    for (const path of globSync(pattern, { cwd: base, exclude: ['**/node_modules/**'] })) {
      const absolute = join(base, path);
      const shown = relative(process.cwd(), absolute);
      found.add(shown.startsWith('..') ? absolute : shown);
    }
  }
  return [...found].sort();
}
