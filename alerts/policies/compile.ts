import { parseDuration } from '../../core/units.ts';
import { ruleKinds } from '../rules/registry.ts';
import { asTexts } from '../rules/schema-words.ts';
import { builtInPolicy, type EscalationStep, type Policy, type Rule } from './policy.ts';
import { compileQuietHours } from './quiet-hours.ts';
import type { PolicyFile, RuleFile, StepFile } from './schema.ts';

const DEFAULT_EVERY_MS = 15_000;

/** The policy that a file means. Only of what was checked. */
export function compilePolicy(file: PolicyFile): Policy {
  const { escalation_loop: loop, renotify } = file;
  return {
    id: file.id,
    name: file.name ?? file.id,
    priority: file.priority,
    labels: asTexts(file.labels),
    rules: file.rules.map(compileRule),
    group_by: file.group_by ?? builtInPolicy.group_by,
    routes: (file.routes ?? []).map(({ match, escalation }) => ({
      match: asTexts(match),
      escalation: compileSteps(escalation),
    })),
    inhibit: (file.inhibit ?? []).map(({ when, hold, equal }) => ({
      when: asTexts(when),
      hold: asTexts(hold),
      equal: equal ?? [],
    })),
    quiet_hours: compileQuietHours(file.quiet_hours ?? {}),
    escalation: compileSteps(file.escalation),
    escalation_loop: loop ? { times: loop.times, every_ms: parseDuration(loop.every)! } : null,
    renotify: renotify
      ? {
          triggered_every_ms: renotify.every === undefined ? null : parseDuration(renotify.every)!,
          acknowledged_every_ms: renotify.acknowledged ? parseDuration(renotify.acknowledged.every)! : null,
        }
      : null,
    resolve: { after_passing: file.resolve?.after_passing ?? 1 },
  };
}

function compileRule(file: RuleFile): Rule {
  if (file.scenario) {
    const { tags = [], ids = [], services = [], environments = [] } = file.scenario;
    const { consecutive = 1, attempts = 1, locations = 1 } = file.failing ?? {};
    return { kind: 'scenario', tags, ids, services, environments, consecutive, attempts, locations };
  }
  const written = file as RuleFile & Record<string, unknown>;
  const kind = [...ruleKinds.values()].find(({ kind }) => written[kind] !== undefined)!;
  const spec = kind.compile(written[kind.kind]);
  return {
    kind: kind.kind,
    id: file.id!,
    name: file.name ?? file.id!,
    spec,
    every_ms: file.every === undefined ? DEFAULT_EVERY_MS : parseDuration(file.every)!,
    for_ms: file.for === undefined ? 0 : parseDuration(file.for)!,
    keep_firing_for_ms: file.keep_firing_for === undefined ? 0 : parseDuration(file.keep_firing_for)!,
    no_data: file.no_data ?? 'keep',
    priority: file.priority ?? null,
    labels: asTexts(file.labels),
    summary: file.summary ?? null,
    runbook: file.runbook ?? null,
    service: file.service ?? kind.service(spec),
    environment: file.environment ?? null,
  };
}

function compileSteps(steps: readonly StepFile[]): EscalationStep[] {
  return steps.map(({ after, notify, repeat }) => ({
    after_ms: parseDuration(after)!,
    notify,
    repeat_every_ms: repeat ? parseDuration(repeat.every)! : null,
  }));
}
