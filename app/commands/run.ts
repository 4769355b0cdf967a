import { systemClock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import { createReporters, readReporterChoice } from '../../scenarios/reporters/index.ts';
import { FileWatch } from '../../scenarios/watch-files.ts';
import { FILE_KINDS, namedFiles } from '../config/named-files.ts';
import type { DataDirectory } from '../data-directory.ts';
import { chooseEnvironment, knownEnvironments } from '../environments.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { scenarioRunner, toRunEnvironment } from '../scenario-runner.ts';
import { loadSetupBeside, type SetupBeside } from '../setup.ts';
import { count, printDiagnostics, terminal } from '../terminal.ts';
import { checkVariables } from '../variables.ts';
import { runsIn } from '../watcher/monitor-board.ts';

export interface RunOptions {
  /** Files, folders and patterns; none: what the config names. */
  files: string[];
  config: string | undefined;
  directory: DataDirectory;
  environment: string | undefined;
  /** Only scenarios that have one of them; empty for all. */
  tags: string[];
  /** Stand over the variables of scenario and environment. */
  variables: Readonly<Record<string, string>>;
  seed: number | undefined;
  /** No run is started after one that did not pass. */
  bail: boolean;
  /** Runs at the same time. */
  parallel: number;
  /** Runs of each scenario. */
  repeat: number;
  /** Again after every change of a file, until interrupted. */
  watch: boolean;
  /** `junit`, or `junit=report.xml`. */
  reporters: string[];
  /** File of the reporter that has none of its own. */
  output: string | undefined;
}

/** `ringdown run FILES`. @returns 1 when a run did not pass */
export async function runScenarios(options: RunOptions): Promise<number> {
  const abort = new AbortController();
  const stop = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return options.watch ? await runOnChange(options, abort.signal) : await runOnce(options, abort.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function runOnce(options: RunOptions, abort: AbortSignal): Promise<number> {
  const setup = await load(options);
  try {
    return await runAll(setup, options, abort);
  } finally {
    await setup.functions.close();
  }
}

/** Runs, waits for a change, and runs again. What is wrong in a file is printed and waits for a change, too. */
async function runOnChange(options: RunOptions, abort: AbortSignal): Promise<number> {
  const watch = new FileWatch(systemClock);
  let code: number = EXIT.success;
  try {
    for (;;) {
      let files: readonly string[];
      try {
        const setup = await load(options);
        files = setup.files;
        watch.set(files);
        code = await runAll(setup, options, abort).finally(() => setup.functions.close());
      } catch (error) {
        if (!(error instanceof InvalidFiles)) throw error;
        printDiagnostics(error.diagnostics, error.texts);
        files = [...new Set([...error.texts.keys(), ...scenarioFiles(options.files)])];
        watch.set(files);
        code = error.exitCode;
      }
      if (abort.aborted) return code;
      terminal.err(`watching ${count(files.length, 'file')}; Ctrl-C ends`);
      const changed = await watch.next(abort).catch(() => null);
      if (!changed) return code;
      terminal.err(`${changed.join(', ')} changed\n`);
    }
  } finally {
    watch.close();
  }
}

function load({ directory, config, files }: RunOptions): Promise<SetupBeside> {
  const named = files.length > 0 ? { scenarioFiles: scenarioFiles(files) } : {};
  return loadSetupBeside(directory, { configFile: config, ...named });
}

/** Shared steps and policies lie beside scenarios, and a shell's pattern names them too. */
function scenarioFiles(names: readonly string[]): string[] {
  return namedFiles(names, ['scenario']).filter((file) => {
    const other = FILE_KINDS.steps.test(file) ? 'shared steps' : FILE_KINDS.policy.test(file) ? 'a policy' : null;
    if (other) terminal.err(`${file} holds ${other}, no scenario, and is left out`);
    return other === null;
  });
}

async function runAll(setup: SetupBeside, options: RunOptions, abort: AbortSignal): Promise<number> {
  const environment = chooseEnvironment(knownEnvironments(setup.config, setup.api), options.environment);
  const scenarios = choose(setup.scenarios, options.tags, environment.name);
  checkVariables(options.variables, scenarios);
  const { allowedTargets } = setup.config;
  const runner = scenarioRunner(systemClock, {
    environments: [environment],
    allowedTargets,
    functions: setup.functions,
  });
  const jobs = Array.from({ length: options.repeat }, () => scenarios).flat();
  const report = openReporters(options, jobs.length);

  let allPassed = true;
  const next = jobs.values();
  const work = async () => {
    for (const scenario of next) {
      const monitor = `${scenario.id}@${environment.name}`;
      report.runStarted({ monitor, name: scenario.name });
      const run = await runner.run({
        scenario,
        environment: toRunEnvironment(environment),
        overrides: options.variables,
        seed: options.seed ?? null,
        secrets: (await setup.secrets.values(scenario.secrets, abort)).values,
        scheduledAt: null,
        abort,
        onStep: (step) => report.stepFinished({ monitor, ...step }),
      });
      report.runFinished(run);
      allPassed &&= run.status === 'passed';
      if (abort.aborted || (options.bail && !allPassed)) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, jobs.length) }, work));
  report.finish();
  return allPassed ? EXIT.success : EXIT.failed;
}

function choose(scenarios: readonly Scenario[], tags: readonly string[], environment: string): Scenario[] {
  if (scenarios.length === 0) {
    throw new RingdownError('NOTHING_TO_RUN', 'there is no scenario to run', {
      exitCode: EXIT.usage,
      hint: 'name files or folders, or list them in ringdown.yaml:  scenarios: ["scenarios/**/*.scenario.yaml"]',
    });
  }
  const tagged = scenarios.filter((scenario) => tags.length === 0 || tags.some((tag) => scenario.tags.includes(tag)));
  if (tagged.length === 0) {
    const known = [...new Set(scenarios.flatMap((scenario) => scenario.tags))].sort();
    throw new RingdownError('NOTHING_TO_RUN', `no scenario has the tag ${tags.join(' or ')}`, {
      exitCode: EXIT.usage,
      hint: known.length > 0 ? `there are: ${known.join(', ')}` : 'the scenarios have no tags',
    });
  }
  const here = tagged.filter((scenario) => runsIn(scenario, environment));
  if (here.length === 0) {
    throw new RingdownError('NOTHING_TO_RUN', `none of the scenarios is meant for the environment ${environment}`, {
      exitCode: EXIT.usage,
      hint: 'see "environments" in the scenario files',
    });
  }
  for (const scenario of tagged.filter((one) => !here.includes(one))) {
    terminal.err(`${scenario.file} is not meant for the environment ${environment} and is left out`);
  }
  return here;
}

function openReporters(options: RunOptions, runs: number) {
  const choices = options.reporters
    .map(readReporterChoice)
    .map(({ name, output }) => ({ name, output: output ?? options.output ?? null }));
  return createReporters(choices, outputTerminal(), runs);
}

function outputTerminal() {
  const { isTTY = false, columns = 80 } = process.stdout;
  const plain = !isTTY || Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb';
  return {
    write: (text: string) => void process.stdout.write(text),
    interactive: isTTY && process.env.TERM !== 'dumb',
    colour: !plain,
    columns,
  };
}
