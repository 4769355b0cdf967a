import type { Observation } from '../../../alerts/engine/observation.ts';
import type { Scenario } from '../../../scenarios/language/model.ts';

/** What scenarios say about their monitors, by the monitor's key: tags, service, policy and what they depend on. */
export function scenarioFacts(scenarios: readonly Scenario[]): (key: string) => Partial<Observation> | undefined {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  return (key) => {
    const separator = key.lastIndexOf('@');
    const scenario = byId.get(key.slice(0, separator));
    if (!scenario) return undefined;
    const environment = key.slice(separator + 1);
    return {
      monitor_name: scenario.name,
      service: scenario.service,
      tags: scenario.tags,
      policy: scenario.alert?.policy ?? null,
      runbook: scenario.runbook,
      depends_on: scenario.dependsOn.map((id) => `${id}@${environment}`),
    };
  };
}
