import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Channel } from '../alerts/notifier.ts';
import { channelSchema, loadChannels } from '../alerts/notifiers/registry.ts';
import type { Policy } from '../alerts/policies/policy.ts';
import { type Diagnostic, diagnosticAt, readDocument } from '../core/document/index.ts';
import { EXIT, RingdownError } from '../core/errors.ts';
import type { Scenario } from '../scenarios/language/model.ts';
import { loadPolicies, loadScenarios } from './config/files.ts';
import { type Config, loadConfig } from './config/load.ts';
import { packageRoot } from './version.ts';
import { CONSOLE } from './watcher/channels.ts';

/** Everything the files say, checked. */
export interface Setup {
  config: Config;
  channelTypes: ReadonlyMap<string, Channel>;
  scenarios: Scenario[];
  policies: Policy[];
}

/** Files that do not hold together. The command prints all diagnostics and ends with exit code 2. */
export class InvalidFiles extends RingdownError {
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;

  constructor(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>) {
    super('INVALID_FILES', 'some files are invalid', { exitCode: EXIT.usage });
    this.diagnostics = diagnostics;
    this.texts = texts;
  }
}

export interface SetupOptions {
  configFile: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** The suites and policies that come with Ringdown stand in for those the config does not name. */
  shipped: boolean;
  /** Scenario files named on the command line, instead of the config's. */
  scenarioFiles?: string[];
  /** Values of secrets that do not come from the environment. */
  secrets: Readonly<Record<string, string | undefined>>;
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
  const scenarios = loadScenarios(files, policies.diagnostics.length > 0 ? null : policies.value);

  const texts = new Map([...config.texts, ...policies.texts, ...scenarios.texts]);
  const known = { ...options.env, ...options.secrets };
  const diagnostics = [
    ...config.diagnostics,
    ...policies.diagnostics,
    ...scenarios.diagnostics,
    ...scenarios.value.flatMap((scenario) => missingSecrets(scenario, texts.get(scenario.file) ?? '', known)),
  ];
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  return { config: config.value, channelTypes, scenarios: scenarios.value, policies: policies.value };
}

function missingSecrets(
  scenario: Scenario,
  text: string,
  known: Readonly<Record<string, string | undefined>>,
): Diagnostic[] {
  return scenario.secrets.flatMap((name, index) => {
    if (known[name]) return [];
    const hint = `set the environment variable ${name}`;
    return [
      diagnosticAt(readDocument(text, scenario.file), ['secrets', index], `the secret ${name} has no value`, hint),
    ];
  });
}

function shippedFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: packageRoot })
    .map((file) => relative(process.cwd(), join(packageRoot, file)))
    .sort();
}
