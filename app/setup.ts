import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Channel } from '../alerts/notifier.ts';
import { channelSchema, loadChannels } from '../alerts/notifiers/registry.ts';
import type { Policy } from '../alerts/policies/policy.ts';
import { systemClock } from '../core/clock.ts';
import { type Diagnostic, diagnosticAt, readDocument } from '../core/document/index.ts';
import { loadFunctions, type ScenarioFunctions } from '../scenarios/engine/functions/load-functions.ts';
import type { Scenario } from '../scenarios/language/model.ts';
import {
  createSecretProvider,
  type SecretProblem,
  type SecretProvider,
} from '../scenarios/secrets/create-secret-provider.ts';
import { loadPolicies, loadScenarios } from './config/files.ts';
import { type Config, loadConfig } from './config/load.ts';
import { checkReferences } from './config/references.ts';
import { LOCAL } from './environments.ts';
import { InvalidFiles } from './invalid-files.ts';
import { packageRoot } from './version.ts';
import { CONSOLE } from './watcher/channels.ts';

/** Everything the files say, checked. */
export interface Setup {
  config: Config;
  channelTypes: ReadonlyMap<string, Channel>;
  scenarios: Scenario[];
  policies: Policy[];
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
  const channelTypes = await loadChannels();
  const config = loadConfig(options.configFile, channelSchema(channelTypes), options.env);
  const { channels, policyFiles, scenarioFiles } = config.value;

  const names = channels.length > 0 ? channels.map(({ name }) => name) : [CONSOLE.name];
  const policies = loadPolicies(policyFiles ?? shippedFiles('alerts/policies/*.policy.yaml'), names);
  const files =
    options.scenarioFiles ??
    scenarioFiles ??
    (options.shipped ? shippedFiles('scenarios/suites/**/*.scenario.yaml') : []);
  const functions = await loadFunctions(config.value.functionFiles);
  const scenarios = loadScenarios(files, policies.diagnostics.length > 0 ? null : policies.value, functions.names);

  const texts = new Map([...config.texts, ...policies.texts, ...scenarios.texts]);
  const secrets = createSecretProvider(config.value.secretSources, {
    clock: systemClock,
    env: { ...options.env, ...options.secrets },
    ...(options.onSecretProblem ? { onProblem: options.onSecretProblem } : {}),
  });
  const environments = config.value.environments.map(({ name }) => name);
  if (options.referenceApi) environments.push(LOCAL);
  const diagnostics = [
    ...config.diagnostics,
    ...functionProblems(functions, config.value, texts),
    ...policies.diagnostics,
    ...scenarios.diagnostics,
    ...checkReferences(scenarios.value, texts, { environments, complete: options.scenarioFiles === undefined }),
    ...(await missingSecrets(scenarios.value, texts, secrets)),
  ];
  if (diagnostics.length > 0) {
    await functions.close();
    throw new InvalidFiles(diagnostics, texts);
  }
  return {
    config: config.value,
    channelTypes,
    scenarios: scenarios.value,
    policies: policies.value,
    functions,
    secrets,
    files: [...new Set([...texts.keys(), ...scenarios.named, ...config.value.functionFiles])],
  };
}

/** Problems of function files, told where the config lists them. */
export function functionProblems(
  { problems }: ScenarioFunctions,
  { file, functionFiles }: Config,
  texts: ReadonlyMap<string, string>,
): Diagnostic[] {
  const doc = readDocument(texts.get(file ?? '') ?? '', file ?? '');
  return problems.map((problem) => {
    const message = `${relative('', functionFiles[problem.file]!)}: ${problem.message}`;
    return diagnosticAt(doc, ['functions'], message, problem.hint ?? undefined);
  });
}

async function missingSecrets(
  scenarios: readonly Scenario[],
  texts: ReadonlyMap<string, string>,
  secrets: SecretProvider,
): Promise<Diagnostic[]> {
  const names = [...new Set(scenarios.flatMap((scenario) => scenario.secrets))];
  const { problems } = await secrets.values(names, new AbortController().signal);
  return scenarios.flatMap((scenario) =>
    scenario.secrets.flatMap((name, index) => {
      const problem = problems.find((one) => one.name === name);
      if (!problem) return [];
      const doc = readDocument(texts.get(scenario.file) ?? '', scenario.file);
      return [diagnosticAt(doc, ['secrets', index], problem.message, problem.hint ?? undefined)];
    }),
  );
}

function shippedFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: packageRoot })
    .map((file) => relative(process.cwd(), join(packageRoot, file)))
    .sort();
}
