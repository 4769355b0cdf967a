import type { Clock } from '../core/clock.ts';
import type { ScenarioFunctions } from '../scenarios/engine/functions/load-functions.ts';
import { createRunner, type Runner, type RunRequest } from '../scenarios/engine/runner.ts';
import type { EnvironmentSettings } from './config/load.ts';
import { userAgent } from './version.ts';

export interface RunnerSurroundings {
  environments: readonly EnvironmentSettings[];
  allowedTargets: readonly string[];
  functions: ScenarioFunctions;
}

/** The runner of all commands. Origins of the environments may be asked, and whatever the config allows besides. */
export function scenarioRunner(clock: Clock, { environments, allowedTargets, functions }: RunnerSurroundings): Runner {
  return createRunner({
    clock,
    userAgent,
    allowedOrigins: [...environments.map(({ baseUrl }) => new URL(baseUrl).origin), ...allowedTargets],
    functions,
  });
}

/** An environment of the config as a run takes it. */
export function toRunEnvironment({ baseUrl, ...environment }: EnvironmentSettings): RunRequest['environment'] {
  return { ...environment, base_url: baseUrl };
}
