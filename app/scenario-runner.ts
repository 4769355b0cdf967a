import type { Clock } from '../core/clock.ts';
import { createRunner, type Runner } from '../scenarios/engine/runner.ts';
import { userAgent } from './version.ts';

/** The runner of all commands. @param baseUrls of all environments: their origins may be asked */
export function scenarioRunner(clock: Clock, baseUrls: readonly string[]): Runner {
  return createRunner({
    clock,
    userAgent,
    allowedOrigins: baseUrls.map((baseUrl) => new URL(baseUrl).origin),
  });
}
