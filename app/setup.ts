import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { InboundKind } from '../alerts/inbound/inbound.ts';
import type { Channel } from '../alerts/notifier.ts';
import type { Policy } from '../alerts/policies/policy.ts';
import { systemClock } from '../core/clock.ts';
import { type Diagnostic, diagnosticAt, readDocument } from '../core/document/index.ts';
import { findLoop } from '../monitoring/sources/registry.ts';
import { loadFunctions, type ScenarioFunctions } from '../scenarios/engine/functions/load-functions.ts';
import type { Scenario } from '../scenarios/language/model.ts';
import {
  createSecretProvider,
  type SecretProblem,
  type SecretProvider,
} from '../scenarios/secrets/create-secret-provider.ts';
import { loadEntrySchemas } from './config/entry-schemas.ts';
import { type LoadedScenarios, loadPolicies, loadScenarios } from './config/files.ts';
import { type Config, type Loaded, loadConfig, type PlugInEntry } from './config/load.ts';
import { type PolicyPlace, policyPlaces } from './config/policy-places.ts';
import { checkReferences, missingSecrets, namesForPolicies, unknownPolicies } from './config/references.ts';
import type { EntrySchemas } from './config/schema.ts';
import type { DataDirectory } from './data-directory.ts';
import { LOCAL } from './environments.ts';
import { InvalidFiles } from './invalid-files.ts';
import { packageRoot } from './version.ts';

/** Everything the files say, checked. */
export interface Setup {
  config: Config;
  channelTypes: ReadonlyMap<string, Channel>;
  inboundKinds: ReadonlyMap<string, InboundKind>;
  schemas: EntrySchemas;
  scenarios: Scenario[];
  policies: Policy[];
  /** Where they stand, by their ids. */
  policyPlaces: ReadonlyMap<string, PolicyPlace>;
  functions: ScenarioFunctions;
  secrets: SecretProvider;
  /** Every file that was read, or should have been. */
  files: string[];
}

export interface SetupOptions {
  configFile: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** The suites and policies that come with Ringdown stand in for those the config does not name. */
  shipped: boolean;
  /** The reference API is there as the environment `local`, besides those of the config. */
  referenceApi: boolean;
  /** Scenario files named on the command line, instead of the config's. */
  scenarioFiles?: string[];
  /** Variables of the environment that are not there but stand for themselves, such as the demo's password. */
  secrets: Readonly<Record<string, string | undefined>>;
  /** Told when a secret that was known could not be read again. */
  onSecretProblem?: (problem: SecretProblem) => void;
}

/** Reads config, policies and scenarios. @throws InvalidFiles with everything that is wrong in any of them */
export async function loadSetup(options: SetupOptions): Promise<Setup> {
  const { channelTypes, inboundKinds, schemas } = await loadEntrySchemas();
  const config = loadConfig(options.configFile, schemas, options.env);
  const { functionFiles, secretSources } = config.value;

  const policies = readPolicies(config.value);
  const functions = await loadFunctions(functionFiles);
  const secrets = createSecretProvider(secretSources, {
    clock: systemClock,
    env: { ...options.env, ...options.secrets },
    ...(options.onSecretProblem ? { onProblem: options.onSecretProblem } : {}),
  });
  const known = { config: config.value, functions, secrets };
  const scenarios = await readScenarios(options, {
    ...known,
    policies: policies.diagnostics.length > 0 ? null : policies.value,
  });

  const texts = new Map([...config.texts, ...policies.texts, ...scenarios.texts]);
  const diagnostics = [
    ...config.diagnostics,
    ...(await sourceLoops(config.value, texts)),
    ...functionProblems(functions, config.value, texts),
    ...policies.diagnostics,
    ...(policies.diagnostics.length > 0 ? [] : unknownPolicies(config.value, policies.value, texts)),
    ...scenarios.diagnostics,
  ];
  if (diagnostics.length > 0) {
    await functions.close();
    throw new InvalidFiles(diagnostics, texts);
  }
  return {
    ...known,
    channelTypes,
    inboundKinds,
    schemas,
    scenarios: scenarios.value,
    policies: policies.value,
    policyPlaces: policyPlaces(policies.texts),
    files: [...new Set([...texts.keys(), ...scenarios.named, ...functionFiles])],
  };
}

export interface SetupBeside extends Setup {
  /** URL of the reference API, where one runs. */
  api: string | null;
}

/**
 * The setup of a command that runs once, beside a watcher perhaps: where one has started the reference API, that is the
 * environment `local` and its password is known.
 */
export async function loadSetupBeside(
  directory: DataDirectory,
  options: Pick<SetupOptions, 'configFile' | 'scenarioFiles'>,
): Promise<SetupBeside> {
  const api = directory.readReady()?.api_url ?? null;
  const setup = await loadSetup({
    ...options,
    env: process.env,
    shipped: false,
    referenceApi: api !== null,
    secrets: api === null ? {} : { QA_PASSWORD: directory.qaPassword(process.env) },
  });
  return { ...setup, api };
}

/**
 * Reads scenarios and policies again, as they are now: those that the config's patterns find, and whatever they name. What
 * else the config says stands until the next start.
 * @throws InvalidFiles with everything that is wrong in any of them
 */
export async function reloadFiles(options: SetupOptions, setup: Setup): Promise<Setup> {
  const config = loadConfig(options.configFile, setup.schemas, options.env);
  const problems = await setup.functions.reload();
  const { scenarioFiles, policyFiles } = config.value;
  const policies = readPolicies({ ...setup.config, policyFiles });
  const now = {
    ...setup,
    config: { ...setup.config, scenarioFiles, policyFiles },
    policies: policies.diagnostics.length > 0 ? setup.policies : policies.value,
    policyPlaces: policies.diagnostics.length > 0 ? setup.policyPlaces : policyPlaces(policies.texts),
  };
  const scenarios = await readScenarios(options, now);
  const texts = new Map([...config.texts, ...policies.texts, ...scenarios.texts]);
  const diagnostics = [
    ...config.diagnostics,
    ...functionProblems({ problems }, setup.config, texts),
    ...policies.diagnostics,
    ...scenarios.diagnostics,
  ];
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const files = [...texts.keys(), ...scenarios.named, ...setup.config.functionFiles];
  return { ...now, scenarios: scenarios.value, files: [...new Set(files)] };
}

/** Those of the config, or those that come with Ringdown. */
export function readPolicies(config: Config): Loaded<Policy[]> {
  return loadPolicies(config.policyFiles ?? shippedFiles('alerts/policies/*.policy.yaml'), namesForPolicies(config));
}

/** Scenarios with what they say of each other, of the config and of secrets checked as well. */
async function readScenarios(
  options: SetupOptions,
  known: Pick<Setup, 'config' | 'functions' | 'secrets'> & { policies: Policy[] | null },
): Promise<LoadedScenarios> {
  const { config, functions, secrets } = known;
  const files =
    options.scenarioFiles ??
    config.scenarioFiles ??
    (options.shipped ? shippedFiles('scenarios/suites/**/*.scenario.yaml') : []);
  const scenarios = loadScenarios(files, known.policies, functions.names);
  const environments = config.environments.map(({ name }) => name);
  if (options.referenceApi) environments.push(LOCAL);
  const complete = options.scenarioFiles === undefined;
  return {
    ...scenarios,
    diagnostics: [
      ...scenarios.diagnostics,
      ...checkReferences(scenarios.value, scenarios.texts, { environments, complete }),
      ...(await missingSecrets(scenarios.value, scenarios.texts, secrets)),
    ],
  };
}

/** Sources that would fetch what a backend writes, and so for ever. */
async function sourceLoops(
  { file, sources, backends }: Config,
  texts: ReadonlyMap<string, string>,
): Promise<Diagnostic[]> {
  const doc = readDocument(texts.get(file ?? '') ?? '', file ?? '');
  // Where their data lies does not matter to the question.
  const placed = (entry: PlugInEntry) => ({ ...entry, dataDir: '' });
  const found: Diagnostic[] = [];
  for (const [index, source] of sources.entries()) {
    const loop = await findLoop(placed(source), backends.map(placed));
    if (loop !== undefined) found.push(diagnosticAt(doc, ['sources', index], loop, 'fetch another log group'));
  }
  return found;
}

/** Problems of function files, told where the config lists them. */
export function functionProblems(
  { problems }: Pick<ScenarioFunctions, 'problems'>,
  { file, functionFiles }: Config,
  texts: ReadonlyMap<string, string>,
): Diagnostic[] {
  const doc = readDocument(texts.get(file ?? '') ?? '', file ?? '');
  return problems.map((problem) => {
    const message = `${relative('', functionFiles[problem.file]!)}: ${problem.message}`;
    return diagnosticAt(doc, ['functions'], message, problem.hint ?? undefined);
  });
}

/** Suites and policies that come with Ringdown. @param pattern from the root of the package */
export function shippedFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: packageRoot })
    .map((file) => relative(process.cwd(), join(packageRoot, file)))
    .sort();
}
