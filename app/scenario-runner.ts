import type { Clock } from '../core/clock.ts';
import { assertionKind } from '../scenarios/engine/assertions/registry.ts';
import { createRunner, type Runner } from '../scenarios/engine/runner.ts';
import { version } from './version.ts';

/** The runner with every kind of assertion there is. @param baseUrls of all environments: their origins may be asked */
export function scenarioRunner(clock: Clock, baseUrls: readonly string[]): Runner {
  return createRunner({
    clock,
    userAgent: `ringdown/${version}`,
    allowedOrigins: baseUrls.map((baseUrl) => new URL(baseUrl).origin),
    // The parser knows the same kinds, so a scenario that was parsed has no other.
    judge: (kind, spec, exchange) => assertionKind(kind)!.evaluate(spec as never, exchange),
  });
}
