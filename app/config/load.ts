import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import type { HeartbeatSettings } from '../../alerts/inbound/heartbeats.ts';
import type { InboundSettings } from '../../alerts/inbound/inbound.ts';
import type { ChannelSettings } from '../../alerts/notifier.ts';
import type { OnCall } from '../../alerts/on-call/on-call.ts';
import { parseOnCall } from '../../alerts/on-call/parse.ts';
import { readMaintenance } from '../../alerts/silences/config.ts';
import type { WrittenWindows } from '../../alerts/silences/schema.ts';
import type { MaintenanceWindow } from '../../alerts/silences/silence.ts';
import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  type Path,
  readDocument,
  type SourceDocument,
} from '../../core/document/index.ts';
import { parseDuration, parseSize } from '../../core/units.ts';
import { isLoopback } from '../../monitoring/relay/settings.ts';
import { checkConnection, compileConnection } from '../../scenarios/language/connection.ts';
import type { Connection } from '../../scenarios/language/model.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { compileValue } from '../../scenarios/language/template.ts';
import type { SecretSource } from '../../scenarios/secrets/secret-source.ts';
import { configSchema, type EntrySchemas } from './schema.ts';
import { isPlaceholder, substitute } from './substitute.ts';

export interface EnvironmentSettings {
  name: string;
  baseUrl: string;
  /** Stand over the variables of the same name that a scenario declares. */
  variables: Readonly<Record<string, unknown>>;
  /** The scenario's own stands over it. */
  connection: Connection | null;
}

/** An entry of `backends:` or `sources:`; its kind knows the other keys. */
export interface PlugInEntry {
  name: string;
  type: string;
  [key: string]: unknown;
}

/** What ringdown.yaml says, with defaults filled in. `undefined`: not said, the command decides. */
export interface Config {
  /** As given or found; null when there is none. */
  file: string | null;
  publicUrl: string | undefined;
  /** Of the watcher, as scenarios name it. */
  location: string;
  environments: EnvironmentSettings[];
  /** `scheme://host:port` of loopback and private targets that scenarios may reach besides the environments' own. */
  allowedTargets: string[];
  /** JavaScript files whose exports scenarios may call. */
  functionFiles: string[];
  secretSources: Readonly<Record<string, SecretSource>>;
  scenarioFiles: string[] | undefined;
  policyFiles: string[] | undefined;
  channels: ChannelSettings[];
  /** Null where nobody is on call by a schedule. */
  onCall: OnCall | null;
  maintenance: MaintenanceWindow[];
  inbound: InboundSettings[];
  heartbeats: HeartbeatSettings[];
  backends: PlugInEntry[];
  sources: PlugInEntry[];
  relay: RelayConfig;
  /** Who is called while all is well; null for nobody. */
  deadMan: { url: string; everyMs: number } | null;
  /** URLs that answer whenever the network does. */
  controlTargets: string[];
  runRetentionMs: number;
  incidentRetentionMs: number;
  ruleAnswersRetentionMs: number;
}

/** What `relay:` says; what is absent is the relay's to decide. */
export interface RelayConfig {
  host: string;
  otlpToken?: string;
  spoolMaxBytes?: number;
  memoryLimitBytes?: number;
  statsdSocket?: string;
  maxTagSets?: number;
}

export interface Loaded<T> {
  value: T;
  diagnostics: Diagnostic[];
  /** Texts of the files that the diagnostics are about, by the name they carry. */
  texts: Map<string, string>;
}

interface ConfigFile {
  public_url?: string;
  location?: string;
  environments?: Record<string, { base_url: string; variables?: Record<string, unknown>; connection?: unknown }>;
  allowed_targets?: string[];
  functions?: string[];
  secrets?: Record<string, SecretSource>;
  scenarios?: string[];
  policies?: string[];
  channels?: ChannelSettings[];
  on_call?: unknown;
  maintenance_windows?: WrittenWindows;
  inbound?: InboundSettings[];
  heartbeats?: HeartbeatSettings[];
  backends?: PlugInEntry[];
  sources?: PlugInEntry[];
  relay?: {
    host?: string;
    otlp_token?: string;
    spool?: { max_size?: string };
    memory_limit?: string;
    statsd?: { unix_socket?: string };
    cardinality?: { per_metric?: number };
  };
  watchdog?: { url: string; every?: string };
  control_targets?: string[];
  retention?: { runs?: string; incidents?: string; rule_answers?: string };
}

export const DEFAULT_CONFIG_FILE = 'ringdown.yaml';
const DEFAULT_BACKENDS: PlugInEntry[] = [{ name: 'local', type: 'embedded', retention: '7d', max_size: '5GB' }];
const SHORTEST_TOKEN = 16;
const SECRET_SOURCES = ['env', 'file', 'aws_ssm'];
const DEAD_MAN_EVERY = '1m';
const SHORTEST_DEAD_MAN_MS = 1_000;
const DEFAULT_RUN_RETENTION_MS = 30 * 86_400_000;
const DEFAULT_INCIDENT_RETENTION_MS = 400 * 86_400_000;
const DEFAULT_RULE_ANSWERS_RETENTION_MS = 14 * 86_400_000;

/** Kept, because a shape that is built anew is compiled anew: a fifth of a second each time that the config is read. */
const shapes = new WeakMap<EntrySchemas, TSchema>();

function shapeOf(schemas: EntrySchemas): TSchema {
  const shape = shapes.get(schemas) ?? configSchema(schemas);
  shapes.set(schemas, shape);
  return shape;
}

/**
 * Reads ringdown.yaml.
 * @param given `--config`; when absent, ringdown.yaml of the working directory is used if there is one
 */
export function loadConfig(
  given: string | undefined,
  schemas: EntrySchemas,
  env: Readonly<Record<string, string | undefined>>,
): Loaded<Config> & { notes: Diagnostic[] } {
  const file = given ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : null);
  if (file === null) return { value: interpret({}, null, NOBODY), diagnostics: [], notes: [], texts: new Map() };

  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`;
    const diagnostic = { file, line: 1, column: 1, message };
    return { value: interpret({}, file, NOBODY), diagnostics: [diagnostic], notes: [], texts: new Map([[file, '']]) };
  }

  const doc = readDocument(text, file);
  const { value, diagnostics } = substitute(doc, env);
  const shape =
    doc.diagnostics.length > 0
      ? [...doc.diagnostics]
      : checkDocument(doc, shapeOf(schemas), { value, open: isPlaceholder });
  const found = [...shape, ...diagnostics];
  const content = (value ?? {}) as ConfigFile;
  const people = shape.length === 0 ? readPeople(doc, content) : NOBODY;
  if (shape.length === 0) found.push(...checkMeaning(doc, content, schemas), ...people.diagnostics);
  const usable = found.length === 0 ? content : withoutTemplates(shape.length === 0 ? content : {});
  const config = interpret(usable, file, people);
  return { value: config, diagnostics: found, notes: people.notes, texts: new Map([[file, text]]) };
}

/** What a schema cannot say: URLs, names used twice, globs that match nothing. Values may be secret, so none is printed. */
function checkMeaning(
  doc: SourceDocument,
  content: ConfigFile,
  { checkBackend, checkChannel, checkInbound }: Pick<EntrySchemas, 'checkBackend' | 'checkChannel' | 'checkInbound'>,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const at = (path: Path, message: string, hint?: string) => found.push(diagnosticAt(doc, path, message, hint));

  if (content.public_url !== undefined && !mayBeHttpUrl(content.public_url)) {
    at(['public_url'], 'public_url must be an http or https URL');
  }
  const { url, every } = content.watchdog ?? {};
  if (url !== undefined && !mayBeHttpUrl(url)) at(['watchdog', 'url'], 'url must be an http or https URL');
  if (every !== undefined && parseDuration(every)! < SHORTEST_DEAD_MAN_MS)
    at(['watchdog', 'every'], 'the dead-man cannot be called more often than once a second');
  for (const [index, target] of (content.control_targets ?? []).entries())
    if (!mayBeHttpUrl(target)) at(['control_targets', index], 'a control target must be an http or https URL');
  for (const [name, { base_url, variables, connection }] of Object.entries(content.environments ?? {})) {
    const here = ['environments', name];
    if (!mayBeHttpUrl(base_url)) at([...here, 'base_url'], 'base_url must be an http or https URL');
    for (const { path, message, hint } of checkConnection(connection, diskFiles(doc.file)))
      at([...here, 'connection', ...path], message, hint);
    compileValue(variables ?? {}, 'none', (path, [error]) =>
      at([...here, 'variables', ...path], error!.message, error!.hint),
    );
  }
  const { host, otlp_token } = content.relay ?? {};
  if (host !== undefined && !isLoopback(host) && otlp_token === undefined) {
    at(['relay', 'host'], `the relay must not listen on ${host} without a token`, 'set otlp_token as well');
  }
  // Here and not in the schema, which sees the name of a variable and not its value.
  if (otlp_token !== undefined && otlp_token.length < SHORTEST_TOKEN && !isPlaceholder(otlp_token)) {
    at(['relay', 'otlp_token'], `otlp_token must have at least ${SHORTEST_TOKEN} characters`);
  }
  for (const list of ['channels', 'backends', 'sources', 'inbound', 'heartbeats'] as const) {
    const seen = new Set<string>();
    for (const [index, { name }] of (content[list] ?? []).entries()) {
      if (seen.has(name)) at([list, index, 'name'], `the name "${name}" is used twice`);
      if (list === 'channels' && name === 'all')
        at([list, index, 'name'], '"all" stands for every channel', 'choose another name');
      seen.add(name);
    }
  }
  // The file is one of the machine that watches, which need not be the one that validates.
  const backendOf = ({ ca_file: _, ...settings }: PlugInEntry) =>
    ({ ...settings, dataDir: '' }) as PlugInEntry & { dataDir: string };
  for (const [index, entry] of (content.backends ?? []).entries()) {
    const settings = backendOf(entry);
    for (const { key, message } of wrongInEntry(settings, checkBackend(settings)))
      at(['backends', index, ...(key === undefined ? [] : [key])], message);
  }
  for (const [index, entry] of (content.channels ?? []).entries()) {
    for (const { path, message, hint } of checkChannel(entry)) {
      const written = path.length === 0 ? undefined : entry[String(path[0])];
      if (typeof written !== 'string' || !isPlaceholder(written)) at(['channels', index, ...path], message, hint);
    }
  }
  for (const [index, entry] of (content.inbound ?? []).entries()) {
    for (const { key, message } of wrongInEntry(entry, checkInbound(entry)))
      at(['inbound', index, ...(key === undefined ? [] : [key])], message);
  }
  for (const [name, source] of Object.entries(content.secrets ?? {})) {
    const [first, second] = SECRET_SOURCES.filter((key) => Object.hasOwn(source, key));
    if (!first) at(['secrets', name], `secret ${name} has no source`, 'it takes one of env, file and aws_ssm');
    if (second) at(['secrets', name, second], `secret ${name} has two sources`, `keep "${first}" or "${second}"`);
    for (const key of ['region', 'url'])
      if (first && first !== 'aws_ssm' && Object.hasOwn(source, key))
        at(['secrets', name, key], `"${key}" belongs to aws_ssm`, 'remove it');
  }
  for (const list of ['scenarios', 'policies', 'functions'] as const) {
    for (const [index, pattern] of (content[list] ?? []).entries()) {
      if (glob([pattern], doc.file).length === 0)
        at([list, index], 'no file matches', 'paths are relative to this file');
    }
  }
  return found;
}

/** What a plug-in says of its entry, at the first key that it names; nothing of keys whose value is not known yet. */
function wrongInEntry(
  entry: Readonly<Record<string, unknown>>,
  messages: readonly string[],
): { key: string | undefined; message: string }[] {
  return messages.flatMap((message) => {
    const keys = (message.match(/[a-z_]+/g) ?? []).filter((word) => Object.hasOwn(entry, word));
    const unknown = keys.some((key) => typeof entry[key] === 'string' && isPlaceholder(entry[key]));
    return unknown ? [] : [{ key: keys[0], message }];
  });
}

/** Who is told, and when nobody is: what rooms of their own read. */
interface People {
  onCall: OnCall | null;
  maintenance: MaintenanceWindow[];
  diagnostics: Diagnostic[];
  notes: Diagnostic[];
}

const NOBODY: People = { onCall: null, maintenance: [], diagnostics: [], notes: [] };

function readPeople(doc: SourceDocument, { on_call, channels = [], maintenance_windows = [] }: ConfigFile): People {
  const maintenance = readMaintenance(doc, maintenance_windows, ['maintenance_windows']);
  const onCall =
    on_call === undefined
      ? NOBODY
      : parseOnCall(doc, on_call, {
          path: ['on_call'],
          channels: channels.map(({ name }) => name),
          at: Date.now(),
          open: isPlaceholder,
        });
  return {
    onCall: onCall.onCall,
    maintenance: maintenance.windows,
    diagnostics: [...onCall.diagnostics, ...maintenance.diagnostics],
    notes: onCall.notes,
  };
}

/** What else the file says is of use to whoever looks for further mistakes. */
function withoutTemplates(content: ConfigFile): ConfigFile {
  const environments = Object.entries(content.environments ?? {});
  return {
    ...content,
    environments: Object.fromEntries(environments.map(([name, { base_url }]) => [name, { base_url }])),
  };
}

function mayBeHttpUrl(text: string): boolean {
  if (isPlaceholder(text)) return true;
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function interpret(content: ConfigFile, file: string | null, { onCall, maintenance }: People): Config {
  return {
    file,
    publicUrl: content.public_url?.replace(/\/+$/, ''),
    environments: Object.entries(content.environments ?? {}).map(([name, { base_url, variables, connection }]) => ({
      name,
      baseUrl: base_url,
      variables: variables ?? {},
      connection: compileConnection(connection, diskFiles(file ?? DEFAULT_CONFIG_FILE)),
    })),
    allowedTargets: content.allowed_targets ?? [],
    functionFiles: glob(content.functions ?? [], file),
    secretSources: Object.fromEntries(
      Object.entries(content.secrets ?? {}).map(([name, source]) => [name, besideConfig(source, file)]),
    ),
    scenarioFiles: content.scenarios && glob(content.scenarios, file),
    policyFiles: content.policies && glob(content.policies, file),
    channels: content.channels ?? [],
    onCall,
    maintenance,
    inbound: content.inbound ?? [],
    heartbeats: content.heartbeats ?? [],
    backends: content.backends ?? DEFAULT_BACKENDS,
    sources: content.sources ?? [],
    relay: relayConfig(content.relay ?? {}, file),
    deadMan: content.watchdog
      ? { url: content.watchdog.url, everyMs: parseDuration(content.watchdog.every ?? DEAD_MAN_EVERY)! }
      : null,
    location: content.location ?? 'local',
    controlTargets: content.control_targets ?? [],
    ruleAnswersRetentionMs:
      (content.retention?.rule_answers && parseDuration(content.retention.rule_answers)) ||
      DEFAULT_RULE_ANSWERS_RETENTION_MS,
    runRetentionMs: (content.retention?.runs && parseDuration(content.retention.runs)) || DEFAULT_RUN_RETENTION_MS,
    incidentRetentionMs:
      (content.retention?.incidents && parseDuration(content.retention.incidents)) || DEFAULT_INCIDENT_RETENTION_MS,
  };
}

function relayConfig(relay: NonNullable<ConfigFile['relay']>, file: string | null): RelayConfig {
  const size = (text: string | undefined) => (text === undefined ? undefined : parseSize(text));
  const spoolMaxBytes = size(relay.spool?.max_size);
  const memoryLimitBytes = size(relay.memory_limit);
  const socket = relay.statsd?.unix_socket;
  const maxTagSets = relay.cardinality?.per_metric;
  return {
    host: relay.host ?? '127.0.0.1',
    ...(relay.otlp_token === undefined ? {} : { otlpToken: relay.otlp_token }),
    ...(spoolMaxBytes === undefined ? {} : { spoolMaxBytes }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    ...(socket === undefined ? {} : { statsdSocket: resolve(dirname(resolve(file ?? DEFAULT_CONFIG_FILE)), socket) }),
    ...(maxTagSets === undefined ? {} : { maxTagSets }),
  };
}

function besideConfig(source: SecretSource, file: string | null): SecretSource {
  return 'file' in source && file ? { file: resolve(dirname(resolve(file)), source.file) } : source;
}

/** Paths as a person would type them: relative to the working directory where that is shorter. */
function glob(patterns: string[], file: string | null): string[] {
  const base = file ? dirname(resolve(file)) : process.cwd();
  const found = new Set<string>();
  for (const pattern of patterns) {
    for (const path of globSync(pattern, { cwd: base, exclude: ['**/node_modules/**'] })) {
      const absolute = resolve(base, path);
      const shown = relative(process.cwd(), absolute);
      found.add(shown.startsWith('..') ? absolute : shown);
    }
  }
  return [...found].sort();
}
