import { systemClock } from '../../core/clock.ts';
import { suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { createReporters, type ReporterChoice } from '../../scenarios/reporters/index.ts';
import type { Config, EnvironmentSettings } from '../config/load.ts';
import type { DataDirectory } from '../data-directory.ts';
import { scenarioRunner } from '../scenario-runner.ts';
import { loadSetup } from '../setup.ts';

interface RunOptions {
  files: string[];
  config: string | undefined;
  directory: DataDirectory;
  environment: string | undefined;
  reporters: ReporterChoice[];
  /** File of the reporter that has none of its own. */
  output: string | undefined;
}

/** `ringdown run FILES`: each scenario once, one after the other. @returns 1 when one did not pass */
export async function runScenarios(options: RunOptions): Promise<number> {
  const { directory, files } = options;
  const demo = directory.readReady()?.api_url ?? null;
  const secrets = demo ? { QA_PASSWORD: directory.qaPassword(process.env) } : {};
  const { config, scenarios } = await loadSetup({
    configFile: options.config,
    env: process.env,
    shipped: false,
    scenarioFiles: files,
    secrets,
  });
  const environment = chooseEnvironment(config, options.environment, demo);
  const runner = scenarioRunner(systemClock, [environment.baseUrl]);
  const known: Record<string, string | undefined> = { ...process.env, ...secrets };

  const choices = options.reporters.map(({ name, output }) => ({ name, output: output ?? options.output ?? null }));
  const report = createReporters(choices, outputTerminal(), scenarios.length);

  const abort = new AbortController();
  const stop = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let allPassed = true;
  for (const scenario of scenarios) {
    report.runStarted({ monitor: `${scenario.id}@${environment.name}`, name: scenario.name });
    const run = await runner.run({
      scenario,
      environment: { name: environment.name, base_url: environment.baseUrl },
      secrets: Object.fromEntries(scenario.secrets.map((name) => [name, known[name]!])),
      scheduledAt: null,
      abort: abort.signal,
    });
    report.runFinished(run);
    allPassed &&= run.status === 'passed';
    if (abort.signal.aborted) break;
  }
  report.finish();
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return allPassed ? EXIT.success : EXIT.failed;
}

function chooseEnvironment(config: Config, name: string | undefined, demo: string | null): EnvironmentSettings {
  const known = [...config.environments];
  if (demo && !known.some((environment) => environment.name === 'local')) known.push({ name: 'local', baseUrl: demo });
  const names = known.map((environment) => environment.name);
  if (name !== undefined) {
    const found = known.find((environment) => environment.name === name);
    if (found) return found;
    const hint = suggestion(name, names) ?? (names.length > 0 ? `there are: ${names.join(', ')}` : undefined);
    throw new RingdownError('UNKNOWN_ENVIRONMENT', `there is no environment "${name}"`, {
      exitCode: EXIT.usage,
      ...(hint ? { hint } : {}),
    });
  }
  if (known.length === 1) return known[0]!;
  throw new RingdownError(
    'WHICH_ENVIRONMENT',
    known.length === 0 ? 'there are no environments' : 'there are several environments',
    {
      exitCode: EXIT.usage,
      hint:
        known.length === 0
          ? 'add for example to ringdown.yaml:  environments: { staging: { base_url: "https://staging.example.com" } }'
          : `choose one with --env: ${names.join(', ')}`,
    },
  );
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
