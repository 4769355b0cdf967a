import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import { loadFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { k6Script } from '../../scenarios/load/k6-script.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { loadScenarios } from '../config/files.ts';
import { type EnvironmentSettings, loadConfig } from '../config/load.ts';
import { withPlaceholders } from '../config/substitute.ts';
import type { DataDirectory } from '../data-directory.ts';
import { chooseEnvironment, knownEnvironments } from '../environments.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { checkVariables } from '../variables.ts';
import { userAgent } from '../version.ts';
import { overridingVariables } from './load.ts';

export interface ExportOptions {
  /** `k6`. */
  target: string;
  file: string;
  config: string | undefined;
  directory: DataDirectory;
  /** Whose address the script asks unless BASE_URL is set. Without it, and where there are several, BASE_URL must be set. */
  environment: string | undefined;
  /** Stand over the variables of scenario and environment. */
  variables: Readonly<Record<string, string>>;
  /** File to write; standard output when absent. */
  output: string | undefined;
}

/** `ringdown export k6 FILE`: the scenario as a script. Values of secrets are not needed and are never in it. */
export async function exportScenario(options: ExportOptions): Promise<number> {
  if (options.target !== 'k6') {
    throw new RingdownError('UNKNOWN_TARGET', `"${options.target}" is nothing that a scenario can be exported to`, {
      hint: 'known: k6',
      exitCode: EXIT.usage,
    });
  }
  const config = loadConfig(options.config, (await loadEntrySchemas()).schemas, withPlaceholders(process.env));
  const functions = await loadFunctions(config.value.functionFiles);
  await functions.close();
  const { value, diagnostics, texts } = loadScenarios([options.file], null, functions.names);
  const found = [...config.diagnostics, ...diagnostics];
  if (found.length > 0) throw new InvalidFiles(found, new Map([...config.texts, ...texts]));

  const scenario = value[0]!;
  checkVariables(options.variables, [scenario]);
  const environment = chosen(options, knownEnvironments(config.value, options.directory.readReady()?.api_url ?? null));
  const made = k6Script(scenario, {
    userAgent,
    environment,
    connection: environment?.connection ?? null,
    variables: overridingVariables(environment, options.variables),
    text: texts.get(options.file) ?? '',
    files: diskFiles(scenario.file),
  });
  if ('refusals' in made) throw new InvalidFiles(made.refusals, made.texts);
  if (options.output !== undefined) {
    write(options.output, made.script);
    for (const [name, content] of made.files) write(join(dirname(options.output), name), content);
    return EXIT.success;
  }
  if (made.files.size > 0)
    throw new RingdownError('OUTPUT', `the script needs ${[...made.files.keys()].join(' and ')} beside it`, {
      hint: `write both into a folder: --output ${scenario.id}.js`,
      exitCode: EXIT.usage,
    });
  process.stdout.write(made.script);
  return EXIT.success;
}

function chosen({ environment }: ExportOptions, known: readonly EnvironmentSettings[]): EnvironmentSettings | null {
  return environment === undefined && known.length !== 1 ? null : chooseEnvironment(known, environment);
}

function write(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new RingdownError('OUTPUT', `${file} cannot be written: ${toError(cause).message}`, {
      exitCode: EXIT.usage,
      cause,
    });
  }
}
