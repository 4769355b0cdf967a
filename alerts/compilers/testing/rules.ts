import { readDocument } from '../../../core/document/index.ts';
import { builtInPolicy, type Policy, type Rule, type SignalRule } from '../../policies/policy.ts';
import { ruleKinds } from '../../rules/registry.ts';
import type { PolicySource } from '../compile.ts';
import type { CompileContext, Compiler } from '../compiler.ts';

type Common = Partial<Omit<SignalRule, 'kind' | 'id' | 'spec'>>;

/** A rule as a policy file says it: `rule('slow', { threshold: { … } }, { for_ms: 60_000 })`. */
export function rule(id: string, written: Record<string, unknown>, common: Common = {}): SignalRule {
  const [[kind, spec]] = Object.entries(written) as [[string, unknown]];
  return {
    kind,
    id,
    name: id,
    spec: ruleKinds.get(kind)!.compile(spec),
    every_ms: 15_000,
    for_ms: 0,
    keep_firing_for_ms: 0,
    no_data: 'keep',
    priority: null,
    labels: {},
    summary: null,
    runbook: null,
    service: null,
    environment: null,
    ...common,
  };
}

export function policyOf(id: string, rules: readonly Rule[]): Policy {
  return { ...builtInPolicy, id, name: id, priority: 'P1', rules };
}

/** A policy without a file: refusals are at its first line. */
export function sourceOf(policy: Policy): PolicySource {
  return { policy, document: readDocument('', `${policy.id}.policy.yaml`) };
}

/** With every setting that is needed. */
export function contextOf(compiler: Compiler, settings: Record<string, string> = {}): CompileContext {
  const needed = Object.entries(compiler.settings).map(([key, { fallback }]) => [key, fallback ?? `some-${key}`]);
  return {
    inboundUrl: `https://ringdown.example.com/api/v1/inbound/${compiler.inbound}`,
    metrics: new Map(),
    settings: { ...Object.fromEntries(needed), ...settings },
  };
}
