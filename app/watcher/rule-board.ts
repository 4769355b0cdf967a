import type { Forecast as EngineForecast, ComingStep as EngineStep } from '../../alerts/engine/forecast.ts';
import type { Observation } from '../../alerts/engine/observation.ts';
import { concerns, stands } from '../../alerts/engine/stages/silence.ts';
import { shownUntil } from '../../alerts/engine/stages/stage.ts';
import type { Hold } from '../../alerts/incident.ts';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import { isScenarioRule, type Policy, type ScenarioRule, type SignalRule } from '../../alerts/policies/policy.ts';
import { compareInstances } from '../../alerts/rules/evaluations.ts';
import type { RuleEvaluator, RuleStatus } from '../../alerts/rules/evaluator.ts';
import { windowAt } from '../../alerts/silences/windows.ts';
import type { ControlDeps } from '../../control/deps.ts';
import type {
  ComingStep,
  FilesState,
  Forecast,
  ListedRule,
  Monitor,
  RuleDetail,
  RuleInstance,
} from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';
import type { PolicyPlace } from '../config/policy-places.ts';
import { type Positioned, ruleList } from './rule-list.ts';
import { scenarioInstances, scenarioRuleName, supposedRun } from './scenario-rules.ts';

export interface RuleBoardDeps {
  clock: Clock;
  policies(): readonly Policy[];
  places(): ReadonlyMap<string, PolicyPlace>;
  files(): FilesState;
  evaluator: Pick<RuleEvaluator, 'status' | 'supposed'>;
  desk: Pick<AlertDesk, 'monitorState' | 'incident' | 'forecast' | 'silences' | 'maintenanceWindows'>;
  monitors(): Monitor[];
  named(steps: readonly EngineStep[]): ComingStep[];
}

/** A rule with everything that is known of it, before anybody asks for a part. */
interface Row extends Positioned {
  /** What the desk would hear of an instance, null for one of which nobody has heard; undefined where nothing can fire. */
  supposed(monitor: string | null): Observation | undefined;
}

/** All rules of all policies as the HTTP API shows them: those on numbers, and those about scenarios. */
export function ruleBoard(deps: RuleBoardDeps): ControlDeps['rules'] {
  return {
    list: (query) => ruleList(rowsOf(deps, deps.policies()), query, deps.policies().length, deps.files()),
    find(policy, id, monitor) {
      const own = deps.policies().filter((one) => one.id === policy);
      const row = rowsOf(deps, own).find(({ rule }) => rule.rule === id);
      if (!row) return undefined;
      const { rule, position } = row;
      const asked = rule.instances.find((one) => one.monitor === monitor) ?? rule.instances[0] ?? null;
      const observation = row.supposed(asked?.monitor ?? null);
      const forecast = observation ? deps.desk.forecast(observation) : null;
      const detail: RuleDetail = {
        ...rule,
        written: deps.places().get(policy)?.rules[position]?.text ?? null,
        forecast: forecast && shown(forecast, deps),
        forecast_of: asked?.monitor ?? null,
      };
      return detail;
    },
  };
}

function rowsOf(deps: RuleBoardDeps, policies: readonly Policy[]): Row[] {
  const statuses = new Map(deps.evaluator.status().map((status) => [`${status.policy}/${status.rule}`, status]));
  const monitors = deps.monitors();
  const holds = holdsAt(deps);
  return policies.flatMap((policy) => {
    let scenarios = 0;
    return policy.rules.flatMap((rule, position): Row[] => {
      const place = deps.places().get(policy.id);
      const where = { file: place?.file ?? null, line: place?.rules[position]?.line ?? null };
      if (isScenarioRule(rule)) {
        const about = monitors.filter(({ state }) => state !== 'paused');
        const id = `scenarios-${++scenarios}`;
        return [{ position, ...scenarioRow(policy, rule, id, about, where, holds, deps) }];
      }
      const status = statuses.get(`${policy.id}/${rule.id}`);
      return status ? [{ position, ...signalRow(policy, rule, status, where, holds, deps) }] : [];
    });
  });
}

type Where = Pick<ListedRule, 'file' | 'line'>;

function signalRow(
  policy: Policy,
  rule: SignalRule,
  status: RuleStatus,
  where: Where,
  holds: Holds,
  deps: RuleBoardDeps,
): Omit<Row, 'position'> {
  const incidentOf = (monitor: string) => deps.desk.monitorState(monitor)?.incident_id ?? null;
  const instances = status.instances
    .map(
      (one): RuleInstance => ({
        ...one,
        name: Object.values(one.labels).join(', ') || rule.name,
        incident_id: incidentOf(one.monitor),
      }),
    )
    .sort(compareInstances);
  const [worst] = instances;
  const supposed = (monitor: string | null) => deps.evaluator.supposed(policy.id, rule.id, monitor);
  const observation = supposed(worst?.monitor ?? null);
  const asked = status.evaluations[0]?.state !== 'unasked';
  const priority = rule.priority ?? policy.priority;
  return {
    supposed,
    rule: {
      ...shownPolicy(policy),
      ...where,
      rule: rule.id,
      name: rule.name,
      kind: rule.kind,
      priority,
      service: rule.service ?? (instances.length > 1 ? null : (observation?.service ?? null)),
      environment: rule.environment ?? (instances.length > 1 ? null : (observation?.environment ?? null)),
      team: rule.labels.team ?? policy.labels.team ?? null,
      labels: { ...policy.labels, ...rule.labels },
      runbook: rule.runbook,
      state: stateOf(worst, asked),
      since: asked || worst?.state === 'firing' ? (worst?.since ?? null) : (status.trouble?.since ?? null),
      counts: countsOf(instances),
      held: heldOf(worst, observation && labelsOf(observation, policy, priority), holds, deps),
      every_ms: status.every_ms,
      for_ms: rule.for_ms,
      keep_firing_for_ms: rule.keep_firing_for_ms,
      no_data: rule.no_data,
      last_evaluated_at: status.last_evaluated_at,
      next_evaluation_at: status.next_evaluation_at,
      duration_ms: status.duration_ms,
      trouble: status.trouble,
      left_out: status.left_out,
      evaluations: status.evaluations,
      instances,
    },
  };
}

function scenarioRow(
  policy: Policy,
  rule: ScenarioRule,
  id: string,
  monitors: readonly Monitor[],
  where: Where,
  holds: Holds,
  deps: RuleBoardDeps,
): Omit<Row, 'position'> {
  const instances = scenarioInstances(policy, rule, monitors, deps.desk.monitorState).sort(compareInstances);
  const [worst] = instances;
  const about = new Map(monitors.map((monitor) => [monitor.key, monitor]));
  const own = instances.map(({ monitor }) => about.get(monitor)!);
  const only = (values: string[]) => (new Set(values).size === 1 ? values[0]! : null);
  const times = (pick: (monitor: Monitor) => string | null | undefined) => own.flatMap((one) => pick(one) ?? []).sort();
  const supposed = (monitor: string | null) => {
    const one = monitor === null ? undefined : about.get(monitor);
    return one && supposedRun(one, policy.id, new Date(deps.clock.now()).toISOString());
  };
  const observation = supposed(worst?.monitor ?? null);
  return {
    supposed,
    rule: {
      ...shownPolicy(policy),
      ...where,
      rule: id,
      name: scenarioRuleName(rule),
      kind: 'scenario',
      priority: policy.priority,
      service: only(own.map(({ service }) => service)),
      environment: only(own.map(({ environment }) => environment)),
      team: policy.labels.team ?? only(own.flatMap(({ owner }) => owner ?? [])),
      labels: { ...policy.labels },
      runbook: null,
      state: stateOf(worst, true),
      since: worst?.since || null,
      counts: countsOf(instances),
      held: heldOf(worst, observation && labelsOf(observation, policy, policy.priority), holds, deps),
      every_ms: null,
      for_ms: 0,
      keep_firing_for_ms: 0,
      no_data: null,
      last_evaluated_at: times(({ last_run }) => last_run?.started_at).at(-1) ?? null,
      next_evaluation_at: times(({ next_run_at }) => next_run_at)[0] ?? null,
      duration_ms: null,
      trouble: null,
      left_out: 0,
      evaluations: [],
      instances,
    },
  };
}

function shownPolicy({ id, name }: Policy): Pick<ListedRule, 'policy' | 'policy_name'> {
  return { policy: id, policy_name: name };
}

function stateOf(worst: RuleInstance | undefined, asked: boolean): ListedRule['state'] {
  if (!asked && worst?.state !== 'firing' && worst?.state !== 'pending') return 'unasked';
  return worst?.state ?? 'no_data';
}

function countsOf(instances: readonly RuleInstance[]): ListedRule['counts'] {
  const counts = { firing: 0, pending: 0, no_data: 0, inactive: 0 };
  for (const { state } of instances) counts[state]++;
  return counts;
}

type Labels = Readonly<Record<string, string>>;
type Holds = (labels: Labels) => Hold | null;

/** What the incident of an instance has as labels, or would have. */
function labelsOf(
  { labels, service, environment, monitor, rule }: Observation,
  policy: Policy,
  priority: string,
): Labels {
  const own = { service, environment, policy: policy.id, priority, monitor, ...(rule === null ? {} : { rule }) };
  return { ...policy.labels, ...labels, ...own };
}

function heldOf(
  worst: RuleInstance | undefined,
  labels: Labels | undefined,
  holds: Holds,
  { desk }: RuleBoardDeps,
): Hold | null {
  const incident = worst?.incident_id ? desk.incident(worst.incident_id) : undefined;
  if (incident && incident.state !== 'resolved') return incident.held;
  return labels ? holds(labels) : null;
}

/** Silences and windows that stand now, for labels that no incident has yet. */
function holdsAt({ clock, desk }: RuleBoardDeps): Holds {
  const now = clock.now();
  const silences = desk.silences().filter((silence) => stands(silence, now));
  const windows = desk.maintenanceWindows().flatMap((window) => {
    const stretch = windowAt(window, now);
    return stretch ? [{ window, until: new Date(stretch.until).toISOString() }] : [];
  });
  return (labels) => {
    const matches = (matchers: (typeof silences)[number]['matchers']) =>
      concerns(matchers, labels, [{ key: labels.monitor ?? '' }]);
    const silence = silences.find(({ matchers }) => matches(matchers));
    if (silence) {
      const { created_by, ends_at, reason } = silence;
      const words = `silenced by ${created_by} until ${shownUntil(Date.parse(ends_at), now)}`;
      return { stage: 'silence', reason: `${words}${reason && `: ${reason}`}`, until: ends_at };
    }
    const planned = windows.find(({ window }) => matches(window.matchers));
    return planned
      ? {
          stage: 'maintenance',
          reason: `maintenance "${planned.window.name}" until ${shownUntil(Date.parse(planned.until), now)}`,
          until: planned.until,
        }
      : null;
  };
}

function shown({ steps, ...forecast }: EngineForecast, { named }: RuleBoardDeps): Forecast {
  return { ...forecast, steps: named(steps) };
}
