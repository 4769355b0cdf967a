import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Diagnostic, renderDiagnostic } from '../../core/document/index.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { loadFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { checkFragments, loadPolicies, loadScenarios } from '../config/files.ts';
import { DEFAULT_CONFIG_FILE, loadConfig } from '../config/load.ts';
import { FILE_KINDS, namedFiles } from '../config/named-files.ts';
import { checkReferences, namesForPolicies, unknownPolicies } from '../config/references.ts';
import { withPlaceholders } from '../config/substitute.ts';
import { LOCAL } from '../environments.ts';
import { functionProblems } from '../setup.ts';
import { count, printDiagnostics, terminal } from '../terminal.ts';
import { checkTests } from './alerts/load-tests.ts';

/**
 * `ringdown validate FILES`: scenarios, shared steps, policies and configs, each by its name; without files, what the config names.
 * Values of environment variables are not needed: only `up` and `serve` ask for them.
 */
export async function validate(files: string[], configFile: string | undefined, json: boolean): Promise<number> {
  if (files.length === 0 && configFile === undefined && !existsSync(DEFAULT_CONFIG_FILE)) {
    throw new RingdownError('NOTHING_TO_VALIDATE', 'there is no ringdown.yaml in this folder', {
      hint: 'name the files to check',
      exitCode: EXIT.usage,
    });
  }
  const { schemas } = await loadEntrySchemas();
  const anything = withPlaceholders({});
  const config = loadConfig(configFile, schemas, anything);

  const named =
    files.length > 0
      ? namedFiles(files, ['scenario', 'steps', 'policy', 'policy.test'])
      : [...(config.value.policyFiles ?? []), ...(config.value.scenarioFiles ?? [])];
  const policyFiles = named.filter((file) => FILE_KINDS.policy.test(file));
  const configFiles = named.filter((file) => /^ringdown.*\.ya?ml$/.test(basename(file)) && file !== config.value.file);
  const fragmentFiles = named.filter((file) => FILE_KINDS.steps.test(file));
  const testFiles = named.filter((file) => FILE_KINDS['policy.test'].test(file));
  const others = new Set([...policyFiles, ...testFiles, ...configFiles, ...fragmentFiles, config.value.file]);
  const scenarioFiles = named.filter((file) => !others.has(file));

  const functions = await loadFunctions(config.value.functionFiles);
  await functions.close();
  const scenarios = loadScenarios(scenarioFiles, null, functions.problems.length > 0 ? undefined : functions.names);
  const configs = [
    ...(files.length === 0 || config.diagnostics.length > 0 || files.includes(config.value.file ?? '') ? [config] : []),
    ...configFiles.map((file) => loadConfig(file, schemas, anything)),
  ];
  const policies = loadPolicies(policyFiles, namesForPolicies(config.value));
  const tests = await checkTests(testFiles, configFile);
  const loaded = [...configs, policies, checkFragments(fragmentFiles), scenarios, tests];
  const texts = new Map(loaded.flatMap((part) => [...part.texts]));
  const environments =
    config.value.file === null ? null : [...config.value.environments.map(({ name }) => name), LOCAL];
  const diagnostics: Diagnostic[] = [
    ...loaded.flatMap((part) => part.diagnostics),
    ...functionProblems(functions, config.value, texts),
    ...(files.length === 0 && policies.diagnostics.length === 0
      ? unknownPolicies(config.value, policies.value, texts)
      : []),
    ...checkReferences(scenarios.value, texts, { environments, complete: files.length === 0 }),
  ];

  const notes = [...configs.flatMap((one) => one.notes), ...scenarios.notes];
  if (json) terminal.out(JSON.stringify({ valid: diagnostics.length === 0, diagnostics, notes }));
  else {
    for (const note of notes) terminal.err(`note: ${renderDiagnostic(note, texts.get(note.file) ?? '')}\n`);
    if (diagnostics.length > 0) printDiagnostics(diagnostics, texts);
    else terminal.out(`${count(texts.size, 'file')} valid`);
  }
  return diagnostics.length > 0 ? EXIT.usage : EXIT.success;
}
