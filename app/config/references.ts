import type { KnownNames } from '../../alerts/policies/known-names.ts';
import type { Policy } from '../../alerts/policies/policy.ts';
import { type Diagnostic, diagnosticAt, type Path, readDocument, suggestion } from '../../core/document/index.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { SecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import { CONSOLE } from '../watcher/channels.ts';
import type { Config } from './load.ts';

/** What scenarios are checked against. */
export interface Surroundings {
  /** Names in ringdown.yaml; null: not known here. */
  environments: readonly string[] | null;
  /** Whether the scenarios are all there are, so that a missing one is a mistake. */
  complete: boolean;
}

/**
 * What scenarios say of each other and of the config: environments and dependencies that do not exist, and dependencies
 * that go round in a circle, which would keep every page of the circle back.
 */
export function checkReferences(
  scenarios: readonly Scenario[],
  texts: ReadonlyMap<string, string>,
  { environments, complete }: Surroundings,
): Diagnostic[] {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const found: Diagnostic[] = [];
  for (const scenario of scenarios) {
    const report = (path: Path, message: string, hint?: string) => {
      const doc = readDocument(texts.get(scenario.file) ?? '', scenario.file);
      found.push(diagnosticAt(doc, path, message, hint));
    };
    for (const [index, name] of (scenario.environments ?? []).entries()) {
      if (!environments || environments.includes(name)) continue;
      const hint = suggestion(name, environments) ?? `there are: ${environments.join(', ')}`;
      report(['environments', index], `ringdown.yaml has no environment "${name}"`, hint);
    }
    for (const [index, id] of scenario.dependsOn.entries()) {
      const at = ['depends_on', index];
      if (!byId.has(id)) {
        if (complete) report(at, `there is no scenario "${id}"`, suggestion(id, byId.keys()));
        continue;
      }
      const circle = wayBack(scenario.id, id, byId);
      if (circle)
        report(at, `dependencies go round in a circle: ${circle.join(' → ')}`, 'a page would wait for itself');
    }
  }
  return found;
}

/** Secrets that have no value, told where the scenario names them. */
export async function missingSecrets(
  scenarios: readonly Scenario[],
  texts: ReadonlyMap<string, string>,
  secrets: SecretProvider,
): Promise<Diagnostic[]> {
  const names = [...new Set(scenarios.flatMap((scenario) => scenario.secrets))];
  const { problems } = await secrets.values(names, new AbortController().signal);
  return scenarios.flatMap((scenario) =>
    scenario.secrets.flatMap((name, index) => {
      const problem = problems.find((one) => one.name === name);
      if (!problem) return [];
      const doc = readDocument(texts.get(scenario.file) ?? '', scenario.file);
      return [diagnosticAt(doc, ['secrets', index], problem.message, problem.hint ?? undefined)];
    }),
  );
}

/** A policy that does not exist, told where the scenario names it. */
export function missingPolicy(
  { alert, file }: Scenario,
  texts: ReadonlyMap<string, string>,
  policies: readonly Policy[],
): Diagnostic[] {
  if (!alert || policies.some(({ id }) => id === alert.policy)) return [];
  const hint = suggestion(
    alert.policy,
    policies.map(({ id }) => id),
  );
  const doc = readDocument(texts.get(file) ?? '', file);
  return [diagnosticAt(doc, ['alert', 'policy'], `unknown policy "${alert.policy}"`, hint)];
}

/** From `start` over its dependency `next` back to `start`. */
function wayBack(start: string, next: string, byId: ReadonlyMap<string, Scenario>): string[] | null {
  const seen = new Set<string>();
  const walk = (id: string): string[] | null => {
    if (id === start) return [id];
    if (seen.has(id)) return null;
    seen.add(id);
    for (const further of byId.get(id)?.dependsOn ?? []) {
      const rest = walk(further);
      if (rest) return [id, ...rest];
    }
    return null;
  };
  const rest = walk(next);
  return rest && [start, ...rest];
}

/** Sources of alerts that are to follow a policy that is not there. */
export function unknownPolicies(
  { file, inbound }: Config,
  policies: readonly Policy[],
  texts: ReadonlyMap<string, string>,
): Diagnostic[] {
  const doc = readDocument(texts.get(file ?? '') ?? '', file ?? '');
  const ids = policies.map(({ id }) => id);
  return inbound.flatMap(({ policy }, index) => {
    if (typeof policy !== 'string' || ids.includes(policy)) return [];
    return [diagnosticAt(doc, ['inbound', index, 'policy'], `there is no policy "${policy}"`, suggestion(policy, ids))];
  });
}

/** What policies may name, as the config has it; where it has no channels, that of the terminal. */
export function namesForPolicies({ channels, onCall, backends, heartbeats }: Config): KnownNames {
  return {
    channels: channels.length > 0 ? channels.map(({ name }) => name) : [CONSOLE.name],
    schedules: [...(onCall?.schedules.keys() ?? [])],
    users: [...(onCall?.users.keys() ?? [])],
    backends: backends.map(({ name }) => name),
    heartbeats: heartbeats.map(({ name }) => name),
  };
}
