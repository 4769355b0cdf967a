import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChannelInfo } from '../../../alerts/engine/state.ts';
import type { CommonInboundSettings } from '../../../alerts/inbound/define.ts';
import type { InboundSettings } from '../../../alerts/inbound/inbound.ts';
import { parsePolicy } from '../../../alerts/policies/parse.ts';
import type { PolicyText } from '../../../alerts/simulation/mutate.ts';
import { parsePolicyTests } from '../../../alerts/simulation/parse.ts';
import type { PolicyTests } from '../../../alerts/simulation/policy-test.ts';
import type { TestSubject } from '../../../alerts/simulation/run-tests.ts';
import { type Diagnostic, readDocument } from '../../../core/document/index.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { loadEntrySchemas } from '../../config/entry-schemas.ts';
import { loadPolicies, loadScenarios } from '../../config/files.ts';
import { loadConfig } from '../../config/load.ts';
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
  const testFiles = named.length > 0 ? namedFiles(named, ['policy.test']) : beside(config.value.policyFiles ?? []);
  if (testFiles.length === 0) {
    throw new RingdownError('NOTHING_TO_TEST', 'there is no policy test', {
      hint: 'name files or folders, or put a *.policy.test.yaml beside a policy that ringdown.yaml lists',
      exitCode: EXIT.usage,
    });
  }
  const { value: settings } = config;
  const channels: ChannelInfo[] = (settings.channels.length > 0 ? settings.channels : [CONSOLE]).map(
    ({ name, type }) => ({ name, events: channelTypes.get(type)?.events ?? [] }),
  );
  const policyFiles = [...new Set([...(settings.policyFiles ?? []), ...testFiles.flatMap(policiesBeside)])];
  // A test may bring channels and people of its own, so that the policy's names are checked with each test below.
  const policies = loadPolicies(policyFiles, {});
  const known = {
    policies: policies.value.map(({ id }) => id),
    channels: channels.map(({ name }) => name),
    users: settings.onCall ? [...settings.onCall.users.keys()] : null,
  };
  const texts = new Map([...config.texts, ...policies.texts]);
  const diagnostics: Diagnostic[] = [...config.diagnostics, ...policies.diagnostics];
  const tests: PolicyTests[] = [];
  const sources = policySources(policyFiles, policies.texts);
  for (const file of testFiles) {
    const text = readText(file, diagnostics);
    if (text === undefined) continue;
    texts.set(file, text);
    const parsed = parsePolicyTests(text, file, known);
    diagnostics.push(...parsed.diagnostics);
    if (!parsed.tests) continue;
    tests.push(parsed.tests);
    diagnostics.push(...unknownNames(parsed.tests, sources, known, settings.onCall));
  }
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const wanted = new Set(tests.flatMap((file) => file.policies));
  const scenarios = loadScenarios(settings.scenarioFiles ?? [], null);
  return {
    tests,
    policies: sources.filter(({ policy }) => wanted.has(policy.id)),
    subject: {
      policies: policies.value,
      channels,
      onCall: settings.onCall,
      environment: settings.environments[0]?.name ?? 'default',
      maintenance: settings.maintenance,
      inbound: inboundSettings(settings.inbound),
      monitor: scenarioFacts(scenarios.value),
    },
    files: [...texts.keys()],
  };
}

/** What the config says of sources of alerts, by their names. */
export function inboundSettings(
  entries: readonly InboundSettings[],
): (name: string) => CommonInboundSettings | undefined {
  const byName = new Map(entries.map((entry) => [entry.name, entry as CommonInboundSettings]));
  return (name) => byName.get(name);
}

/** A name that no channel, schedule or user of this test has would mean everybody in the simulation. */
function unknownNames(
  tests: PolicyTests,
  sources: readonly PolicyText[],
  known: { channels: readonly string[] },
  onCall: TestSubject['onCall'],
): Diagnostic[] {
  const people = tests.onCall ?? onCall;
  return sources
    .filter(({ policy }) => tests.policies.includes(policy.id))
    .flatMap(({ file, text }) => {
      const { diagnostics } = parsePolicy(text, file, {
        channels: tests.channels ?? known.channels,
        schedules: [...(people?.schedules.keys() ?? [])],
        users: [...(people?.users.keys() ?? [])],
      });
      return diagnostics.map((one) => ({
        ...one,
        hint: [one.hint, `${tests.file} has no such name; see its channels: and on_call:`].filter(Boolean).join('; '),
      }));
    });
}

function policySources(files: readonly string[], texts: ReadonlyMap<string, string>): PolicyText[] {
  return files.flatMap((file) => {
    const text = texts.get(file);
    const { policy } = text === undefined ? { policy: null } : parsePolicy(text, file, {});
    return policy && text !== undefined ? [{ file, text, policy }] : [];
  });
}

function readText(file: string, diagnostics: Diagnostic[]): string | undefined {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  diagnostics.push({ file, line: 1, column: 1, message: 'it cannot be read: there is no such file' });
  return undefined;
}

/** Tests that lie in the folders of these policies. */
function beside(policyFiles: readonly string[]): string[] {
  const folders = [...new Set(policyFiles.map((file) => dirname(file)))];
  return folders.flatMap((folder) => filesIn(folder).filter((file) => FILE_KINDS['policy.test'].test(file)));
}

/** Policies that lie in the folder of this test and that it names. */
function policiesBeside(testFile: string): string[] {
  if (!existsSync(testFile)) return [];
  const { policy } = (readDocument(readFileSync(testFile, 'utf8'), testFile).value ?? {}) as { policy?: unknown };
  const ids = [policy].flat();
  return filesIn(dirname(testFile)).filter((file) => {
    if (!FILE_KINDS.policy.test(file)) return false;
    const { id } = (readDocument(readFileSync(file, 'utf8'), file).value ?? {}) as { id?: unknown };
    return ids.includes(id);
  });
}

function filesIn(folder: string): string[] {
  return globSync('*.{yaml,yml}', { cwd: folder })
    .map((name) => join(folder, name))
    .sort();
}
