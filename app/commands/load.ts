import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import { systemClock } from '../../core/clock.ts';
import { diagnosticAt, readDocument } from '../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { type Template, template } from '../../scenarios/language/template.ts';
import { findK6 } from '../../scenarios/load/k6-binary.ts';
import type { Progress } from '../../scenarios/load/k6-process.ts';
import { k6Script } from '../../scenarios/load/k6-script.ts';
import type { LoadRun } from '../../scenarios/load/load-run.ts';
import { loadTest } from '../../scenarios/load/load-test.ts';
import { loadText, progressLine } from '../../scenarios/load/load-text.ts';
import { openState } from '../../storage/state.ts';
import type { EnvironmentSettings } from '../config/load.ts';
import type { DataDirectory } from '../data-directory.ts';
import { chooseEnvironment, knownEnvironments } from '../environments.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { loadSetupBeside } from '../setup.ts';
import { terminal } from '../terminal.ts';
import { checkVariables } from '../variables.ts';
import { userAgent } from '../version.ts';
import { runsIn } from '../watcher/monitor-board.ts';

export interface LoadOptions {
  file: string;
  config: string | undefined;
  directory: DataDirectory;
  environment: string | undefined;
  /** Stand over the variables of scenario and environment. */
  variables: Readonly<Record<string, string>>;
  /** Where k6 is; when absent, K6_BIN and PATH say it. */
  k6: string | undefined;
  json: boolean;
}

/**
 * `ringdown load FILE`: runs the scenario's load test with k6 and keeps what it came to among the runs. Ctrl+C ends it
 * early, and what has been measured is reported.
 * @returns 1 when a threshold was crossed, or it was stopped
 */
export async function runLoadTest(options: LoadOptions): Promise<number> {
  const { directory } = options;
  const setup = await loadSetupBeside(directory, { configFile: options.config, scenarioFiles: [options.file] });
  await setup.functions.close();
  const scenario = setup.scenarios[0]!;
  const environment = chooseEnvironment(knownEnvironments(setup.config, setup.api), options.environment);
  checkMeant(scenario, environment.name);
  checkVariables(options.variables, [scenario]);
  const text = readFileSync(options.file, 'utf8');
  const made = k6Script(scenario, {
    userAgent,
    environment,
    connection: environment.connection,
    variables: overridingVariables(environment, options.variables),
    text,
    files: diskFiles(scenario.file),
  });
  if ('refusals' in made) throw new InvalidFiles(made.refusals, made.texts);
  if (!scenario.load) throw withoutLoad(scenario, text);
  const k6 = await findK6(options.k6, process.env);
  await directory.prepare();

  const abort = new AbortController();
  const stop = () => {
    terminal.err('stopping');
    abort.abort(new Error('interrupted'));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const live = liveLine(options.json);
  try {
    const run = await loadTest({
      scenario,
      environment,
      allowedTargets: setup.config.allowedTargets,
      script: made,
      secrets: (await setup.secrets.values(scenario.secrets, abort.signal)).values,
      k6,
      env: process.env,
      clock: systemClock,
      onProgress: live.show,
      abort: abort.signal,
    });
    live.clear();
    await keep(run, directory);
    if (options.json) terminal.out(JSON.stringify(run));
    else process.stdout.write(loadText(run, process.stdout.isTTY && !process.env.NO_COLOR));
    return run.status === 'passed' ? EXIT.success : EXIT.failed;
  } finally {
    live.clear();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** What stands over a scenario's variables: the environment's, and over those the command line's, taken literally. */
export function overridingVariables(
  environment: EnvironmentSettings | null,
  given: Readonly<Record<string, string>>,
): Record<string, Template> {
  const own = Object.entries(environment?.variables ?? {}).map(([name, value]) => [name, template(value)] as const);
  const literal = Object.entries(given).map(([name, value]) => [name, { kind: 'constant', value }] as const);
  return Object.fromEntries([...own, ...literal]);
}

function checkMeant(scenario: Scenario, environment: string): void {
  if (runsIn(scenario, environment)) return;
  throw new RingdownError('NOT_MEANT', `${scenario.file} is not meant for the environment ${environment}`, {
    hint: `it names: ${scenario.environments?.join(', ')}`,
    exitCode: EXIT.usage,
  });
}

function withoutLoad({ file, id }: Scenario, text: string): InvalidFiles {
  const hint = 'add for example:  load: { phases: [{ duration: 30s, arrival_rate: 10 }] }';
  const diagnostic = diagnosticAt(readDocument(text, file), ['id'], `${id} does not say how much load`, hint, 'key');
  return new InvalidFiles([diagnostic], new Map([[file, text]]));
}

/** At a terminal one line that changes, elsewhere a line every ten seconds, and nothing for a program that reads JSON. */
function liveLine(json: boolean): { show(progress: Progress): void; clear(): void } {
  const { stderr } = process;
  if (json) return { show: () => {}, clear: () => {} };
  if (stderr.isTTY && process.env.TERM !== 'dumb') {
    return {
      show: (progress) =>
        void stderr.write(`\r\x1b[K${pc.dim(progressLine(progress).slice(0, (stderr.columns ?? 80) - 1))}`),
      clear: () => void stderr.write('\r\x1b[K'),
    };
  }
  let shown = 0;
  return {
    show(progress) {
      if (progress.elapsedMs < shown + 10_000) return;
      shown = progress.elapsedMs;
      terminal.err(progressLine(progress));
    },
    clear: () => {},
  };
}

/** A result that cannot be stored is still a result. */
async function keep(run: LoadRun, directory: DataDirectory): Promise<void> {
  try {
    const state = await openState(directory.stateFile);
    try {
      await state.runs.save(run);
    } finally {
      await state.close();
    }
  } catch (error) {
    terminal.err(`the run could not be stored in ${directory.path}: ${toError(error).message}`);
  }
}
