import { builtInPolicy, isScenarioRule, type Policy, type ScenarioRule } from '../../policies/policy.ts';
import type { Observation } from '../observation.ts';
import type { LocationVerdict, MonitorAlert } from '../state.ts';
import { urgency } from '../urgency.ts';

type Subject = Pick<Observation, 'source' | 'monitor' | 'service' | 'environment' | 'tags' | 'policy'>;
type Locations = MonitorAlert['locations'];

/** A location that has not been heard of for so long has no say any more. */
export const LOCATION_COUNTS_MS = 10 * 60_000;
const FAILURES_KEPT = 100;

/** What a run says about its location; one that passes there takes it out. */
export function withVerdict(locations: Locations, observation: Observation): Locations {
  const location = observation.labels.location ?? '';
  const { [location]: before, ...elsewhere } = locations;
  const others = fresh(elsewhere, observation.at);
  if (observation.status === 'passed') return others;
  const failures = [...(before?.failures ?? []), observation.attempts].slice(-FAILURES_KEPT);
  return { ...others, [location]: { at: observation.at, failures } };
}

/** Whether so many locations see a monitor fail as the least demanding rule wants; one where no rule says. */
export function failsAnywhereNeeded(policies: readonly Policy[], subject: Subject, locations: Locations): boolean {
  const rules = applicable(policies, subject).flatMap((candidate) => candidate.rules);
  const needed = rules.length === 0 ? 1 : Math.min(...rules.map((rule) => rule.locations));
  return Object.keys(locations).length >= needed;
}

/**
 * The policy under which a failing monitor may ring; undefined while none is satisfied.
 *
 * A rule of a policy, and an alert of another system, ring under the policy that they name: they have been confirmed
 * already. Of a run the scenario's own `alert.policy` decides alone: its first matching rule says how many failures it
 * takes, one where no rule matches. Otherwise every policy with a matching rule is a candidate, and of those that are
 * satisfied the most urgent one wins (then by id). What no policy matches gets the built-in one.
 */
export function confirmingPolicy(
  policies: readonly Policy[],
  subject: Subject,
  locations: Locations,
): Policy | undefined {
  if (subject.source !== 'run') return policies.find(({ id }) => id === subject.policy) ?? builtInPolicy;
  const candidates = applicable(policies, subject);
  if (candidates.length === 0) return builtInPolicy;
  return candidates
    .filter(({ rules, anyway }) => anyway || rules.some((rule) => satisfied(rule, locations)))
    .map(({ policy }) => policy)
    .sort((a, b) => urgency(a.priority) - urgency(b.priority) || (a.id < b.id ? -1 : 1))[0];
}

/** The policies that have something to say about a run's monitor, with the rules that decide. */
function applicable(policies: readonly Policy[], subject: Subject) {
  if (subject.source !== 'run') return [];
  const own = subject.policy === null ? undefined : policies.find((policy) => policy.id === subject.policy);
  if (own) {
    const rules = own.rules
      .filter(isScenarioRule)
      .filter((rule) => concerns(rule, subject))
      .slice(0, 1);
    return [{ policy: own, rules, anyway: rules.length === 0 }];
  }
  return policies
    .map((policy) => ({
      policy,
      rules: policy.rules.filter(isScenarioRule).filter((rule) => concerns(rule, subject)),
      anyway: false,
    }))
    .filter(({ rules }) => rules.length > 0);
}

/** Whether a rule is about a monitor. */
export function concerns(
  rule: ScenarioRule,
  subject: Pick<Subject, 'monitor' | 'service' | 'environment'> & { tags: readonly string[] },
): boolean {
  return (
    (rule.tags.length === 0 || rule.tags.some((tag) => subject.tags.includes(tag))) &&
    (rule.ids.length === 0 || rule.ids.includes(subject.monitor.slice(0, subject.monitor.lastIndexOf('@')))) &&
    (rule.services.length === 0 || rule.services.includes(subject.service)) &&
    (rule.environments.length === 0 || rule.environments.includes(subject.environment))
  );
}

function satisfied(rule: ScenarioRule, locations: Locations): boolean {
  const seen = Object.values(locations).filter(
    ({ failures }) => failures.filter((attempts) => attempts >= rule.attempts).length >= rule.consecutive,
  );
  return seen.length >= rule.locations;
}

/** Runs that name no location are those of the watcher itself, however seldom they are. */
function fresh(locations: Locations, at: string): Locations {
  const since = Date.parse(at) - LOCATION_COUNTS_MS;
  const stays = ([location, verdict]: [string, LocationVerdict]) => location === '' || Date.parse(verdict.at) >= since;
  return Object.fromEntries(Object.entries(locations).filter(stays));
}
