import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ChannelInfo } from '../../../alerts/engine/state.ts';
import type { CommonInboundSettings } from '../../../alerts/inbound/define.ts';
import type { InboundSettings } from '../../../alerts/inbound/inbound.ts';
import { parsePolicy } from '../../../alerts/policies/parse.ts';
import type { PolicyText } from '../../../alerts/simulation/mutate.ts';
import { parsePolicyTests } from '../../../alerts/simulation/parse.ts';
import type { PolicyTests } from '../../../alerts/simulation/policy-test.ts';
import type { TestSubject } from '../../../alerts/simulation/run-tests.ts';
import type { PolicyTestFile } from '../../../alerts/simulation/schema.ts';
import { unasked } from '../../../alerts/simulation/unasked.ts';
import { type Diagnostic, diagnosticAt, readDocument } from '../../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../../core/errors.ts';
import { loadEntrySchemas } from '../../config/entry-schemas.ts';
import { loadScenarios } from '../../config/files.ts';
import { type Config, type Loaded, loadConfig } from '../../config/load.ts';
import { FILE_KINDS, namedFiles } from '../../config/named-files.ts';
import { withPlaceholders } from '../../config/substitute.ts';
import { InvalidFiles } from '../../invalid-files.ts';
import { CONSOLE } from '../../watcher/channels.ts';
import { scenarioFacts } from './scenario-facts.ts';

export interface LoadedTests {
  tests: readonly PolicyTests[];
  /** Policies that a test names, with their texts. */
  policies: readonly PolicyText[];
  subject: TestSubject;
  /** Everything that was read. */
  files: readonly string[];
  /** Their texts, by their names. */
  texts: ReadonlyMap<string, string>;
}

/**
 * Reads policy tests and what they are about. Policies are those of the config and those that lie beside the tests.
 * @param named files, folders and patterns; none: the tests that lie beside the config's policies
 * @throws InvalidFiles with everything that is wrong in any of them; RingdownError where there is no test
 */
export async function loadTests(named: readonly string[], configFile: string | undefined): Promise<LoadedTests> {
  const { channelTypes, schemas } = await loadEntrySchemas();
  // Secrets are not needed to play a policy through.
  const config = loadConfig(configFile, schemas, withPlaceholders({}));
  const settings = config.value;
  const testFiles = named.length > 0 ? namedFiles(named, ['policy.test']) : beside(settings.policyFiles ?? []);
  if (testFiles.length === 0) {
    // A config that is wrong lists no policies, and then none of their tests is found.
    if (config.diagnostics.length > 0) throw new InvalidFiles(config.diagnostics, config.texts);
    throw new RingdownError('NOTHING_TO_TEST', 'there is no policy test', {
      hint: 'name files or folders, or put a *.policy.test.yaml beside a policy that ringdown.yaml lists',
      exitCode: EXIT.usage,
    });
  }
  const entries = settings.channels.length > 0 ? settings.channels : [CONSOLE];
  const channels: ChannelInfo[] = entries.map(({ name, type }) => ({
    name,
    events: channelTypes.get(type)?.events ?? [],
  }));
  const shelf = new PolicyShelf(settings, testFiles);
  const known = {
    policies: shelf.ids(),
    channels: channels.map(({ name }) => name),
    users: settings.onCall ? [...settings.onCall.users.keys()] : null,
  };
  const texts = new Map(config.texts);
  const diagnostics: Diagnostic[] = [...config.diagnostics];
  const tests: PolicyTests[] = [];
  for (const file of testFiles) {
    const text = readText(file, diagnostics);
    if (text === undefined) continue;
    texts.set(file, text);
    const parsed = parsePolicyTests(text, file, known);
    diagnostics.push(...parsed.diagnostics);
    if (!parsed.tests) continue;
    tests.push(parsed.tests);
    diagnostics.push(...shelf.take(parsed.tests, known.channels));
  }
  for (const [file, text] of shelf.texts) texts.set(file, text);
  if (diagnostics.length === 0) {
    for (const { file, policies: ids } of tests) {
      const doc = readDocument(texts.get(file)!, file);
      const own = shelf.taken().flatMap(({ policy }) => (ids.includes(policy.id) ? [policy] : []));
      for (const { path, message, hint } of unasked(doc.value as PolicyTestFile, own)) {
        diagnostics.push(diagnosticAt(doc, path, message, hint));
      }
    }
  }
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const policies = shelf.taken();
  const scenarios = loadScenarios(settings.scenarioFiles ?? [], null);
  return {
    tests,
    policies,
    subject: {
      policies: policies.map(({ policy }) => policy),
      channels,
      onCall: settings.onCall,
      environment: settings.environments[0]?.name ?? 'default',
      maintenance: settings.maintenance,
      inbound: inboundSettings(settings.inbound),
      monitor: scenarioFacts(scenarios.value),
    },
    files: [...texts.keys()],
    texts,
  };
}

/** What is wrong with policy tests, and with nothing else: policies and config are judged where they are named. */
export async function checkTests(files: readonly string[], configFile: string | undefined): Promise<Loaded<null>> {
  const right = { value: null, diagnostics: [], texts: new Map<string, string>() };
  if (files.length === 0) return right;
  const own = (texts: ReadonlyMap<string, string>) => new Map([...texts].filter(([file]) => files.includes(file)));
  try {
    const { texts } = await loadTests(files, configFile);
    return { ...right, texts: own(texts) };
  } catch (error) {
    if (!(error instanceof InvalidFiles)) throw error;
    const diagnostics = error.diagnostics.filter(({ file }) => files.includes(file));
    return { value: null, diagnostics, texts: own(error.texts) };
  }
}

/** Policies by their ids. There may be thousands beside a test, so one is parsed when a test names it, and once. */
class PolicyShelf {
  readonly texts = new Map<string, string>();
  readonly #settings: Pick<Config, 'onCall' | 'backends' | 'heartbeats'>;
  /** Files, by id. */
  readonly #files = new Map<string, string[]>();
  /** By file and the names it was held against. */
  readonly #parsed = new Map<string, Diagnostic[]>();
  readonly #taken = new Map<string, PolicyText>();

  constructor(settings: Config, testFiles: readonly string[]) {
    this.#settings = settings;
    const found = new Set<string>();
    const folders = new Set(testFiles.map((file) => dirname(file)));
    const files = [...(settings.policyFiles ?? []), ...[...folders].flatMap(policiesIn)];
    for (const file of files) {
      if (found.has(resolve(file))) continue;
      found.add(resolve(file));
      const text = readText(file, []);
      const id = text === undefined ? undefined : idOf(text, file);
      if (text === undefined || id === undefined) continue;
      this.texts.set(file, text);
      this.#files.set(id, [...(this.#files.get(id) ?? []), file]);
    }
  }

  ids(): string[] {
    return [...this.#files.keys()];
  }

  /** Parses the policies that a test names. @returns what is wrong with them, and names that the test does not have */
  take(tests: PolicyTests, channels: readonly string[]): Diagnostic[] {
    return tests.policies.flatMap((id) => {
      const [file, twin] = this.#files.get(id) ?? [];
      if (file === undefined) return [];
      if (twin !== undefined) {
        const doc = readDocument(this.texts.get(twin)!, twin);
        return [diagnosticAt(doc, ['id'], `the id "${id}" is used by ${file} already`)];
      }
      return this.#parse(file, tests, channels);
    });
  }

  taken(): PolicyText[] {
    return [...this.#taken.values()];
  }

  #parse(file: string, tests: PolicyTests, channels: readonly string[]): Diagnostic[] {
    const people = tests.onCall ?? this.#settings.onCall;
    // A name that nobody has would mean everybody in the simulation.
    const names = {
      channels: tests.channels ?? channels,
      schedules: [...(people?.schedules.keys() ?? [])],
      users: [...(people?.users.keys() ?? [])],
    };
    const key = JSON.stringify([file, names]);
    const before = this.#parsed.get(key);
    if (before) return before;
    const text = this.texts.get(file)!;
    const { policy, diagnostics } = parsePolicy(text, file, names);
    if (policy) this.#taken.set(file, { file, text, policy });
    const told = diagnostics.map((one) => {
      if (!one.message.startsWith('unknown ')) return one;
      return { ...one, hint: [one.hint, `see channels: and on_call: of ${tests.file}`].filter(Boolean).join('; ') };
    });
    this.#parsed.set(key, told);
    return told;
  }
}

/** What the config says of sources of alerts, by their names. */
function inboundSettings(entries: readonly InboundSettings[]): (name: string) => CommonInboundSettings | undefined {
  const byName = new Map(entries.map((entry) => [entry.name, entry as CommonInboundSettings]));
  return (name) => byName.get(name);
}

function readText(file: string, diagnostics: Diagnostic[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = toError(error) as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    diagnostics.push({ file, line: 1, column: 1, message: `it cannot be read: ${why}` });
    return undefined;
  }
}

/** Without parsing the file, where it is written as everybody does. */
function idOf(text: string, file: string): string | undefined {
  const [, plain] = /^id: *["']?([a-z0-9-]+)["']? *(?:#.*)?$/m.exec(text) ?? [];
  if (plain !== undefined) return plain;
  const { id } = (readDocument(text, file).value ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/** Tests that lie in the folders of these policies. */
function beside(policyFiles: readonly string[]): string[] {
  const folders = [...new Set(policyFiles.map((file) => dirname(file)))];
  return folders.flatMap((folder) => filesIn(folder).filter((file) => FILE_KINDS['policy.test'].test(file)));
}

function policiesIn(folder: string): string[] {
  return filesIn(folder).filter((file) => FILE_KINDS.policy.test(file));
}

function filesIn(folder: string): string[] {
  return globSync('*.{yaml,yml}', { cwd: folder })
    .map((name) => join(folder, name))
    .sort();
}
