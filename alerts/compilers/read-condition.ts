import type { Rule, ScenarioRule } from '../policies/policy.ts';
import type { AbsenceSpec } from '../rules/absence/index.ts';
import type { BackendSpec } from '../rules/backend/index.ts';
import type { BurnRateSpec } from '../rules/burn-rate/index.ts';
import type { RateOfChangeSpec } from '../rules/rate-of-change/index.ts';
import type { RatioSpec } from '../rules/ratio/index.ts';
import type { ThresholdSpec } from '../rules/threshold/index.ts';
import { CannotExpress } from './compiler.ts';
import type { Condition } from './condition.ts';
import { exact } from './limits.ts';

type Read = (spec: never) => Condition;

/** What each kind of rule asks, in terms that other systems have too. */
const KINDS: Readonly<Record<string, Read>> = {
  threshold: ({ question, limit, at_least }: ThresholdSpec): Condition => ({
    is: 'limit',
    measure: { is: 'series', of: question },
    limit,
    at_least,
  }),
  ratio: ({ part, whole, limit, at_least }: RatioSpec): Condition => ({
    is: 'limit',
    measure: { is: 'ratio', part, whole, at_least },
    limit,
    at_least: 0,
  }),
  rate_of_change: ({ now, before, limit, at_least }: RateOfChangeSpec): Condition => ({
    is: 'limit',
    measure: { is: 'change', now, before, at_least },
    limit,
    at_least: 0,
  }),
  absence: ({ question, for_ms }: AbsenceSpec): Condition => ({ is: 'absence', of: question, for_ms }),
  burn_rate: ({ objective, windows, questions }: BurnRateSpec): Condition => ({
    is: 'burn_rate',
    windows: windows.map(({ factor }, index) => {
      const [longGood, longTotal, shortGood, shortTotal] = questions.slice(index * 4, index * 4 + 4);
      return {
        long: { good: longGood!, total: longTotal! },
        short: { good: shortGood!, total: shortTotal! },
        above: exact(factor * (1 - objective)),
      };
    }),
  }),
  backend: ({ name, what, limit, window_ms }: BackendSpec): Condition => ({
    is: 'backend',
    name,
    what,
    limit,
    window_ms,
  }),
};

/** Only Ringdown knows these. */
const OWN: Readonly<Record<string, string>> = {
  certificate: 'certificates are looked at by Ringdown itself',
  heartbeat: 'heartbeats come to Ringdown alone',
};

/** @throws CannotExpress where no other system could know */
export function readCondition(rule: Rule): Condition {
  if (rule.kind === 'scenario') {
    const { ids, tags, services, environments, consecutive } = rule as ScenarioRule;
    return { is: 'failing', ids, tags, services, environments, consecutive };
  }
  const { kind, spec } = rule as Exclude<Rule, ScenarioRule>;
  const read = KINDS[kind];
  if (read) return read(spec as never);
  throw new CannotExpress(
    [kind],
    `${OWN[kind] ?? `a rule of kind ${kind} is judged by Ringdown alone`}: no target can judge it`,
    'keep it in a policy that is not compiled',
  );
}
