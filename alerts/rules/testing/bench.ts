import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Observation } from '../../engine/observation.ts';
import { parsePolicy } from '../../policies/parse.ts';
import type { Policy } from '../../policies/policy.ts';
import { createRuleEvaluator, type RuleEvaluator, type RuleEvaluatorDeps } from '../evaluator.ts';
import { ScriptedSource } from './scripted-source.ts';

/** A policy with these rules, one YAML mapping each. */
export function policyOf(rules: readonly string[], more = '', id = 'p'): Policy {
  const text = `version: 1\nid: ${id}\npriority: P1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}escalation:\n  - { after: 0s, notify: [all] }\n${more}`;
  const { policy, diagnostics } = parsePolicy(text, 'p.policy.yaml', {});
  if (!policy) throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return policy;
}

/** An evaluator on a clock that stands still, with a scripted source and an ear for what the desk would hear. */
export class RuleBench {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 23, 3));
  readonly source = new ScriptedSource(() => this.clock.now());
  readonly observations: Observation[] = [];
  readonly retired: string[] = [];
  readonly troubles: (string | null)[] = [];
  /** Monitors that an incident waits for. */
  readonly waiting = new Set<string>();
  evaluator: RuleEvaluator;
  #heard = 0;
  readonly #deps: Partial<RuleEvaluatorDeps>;

  constructor(policies: readonly Policy[], deps: Partial<RuleEvaluatorDeps> = {}) {
    this.#deps = deps;
    this.evaluator = this.#create(policies);
  }

  #create(policies: readonly Policy[]): RuleEvaluator {
    return createRuleEvaluator({
      clock: this.clock,
      source: this.source,
      policies,
      environment: 'local',
      observe: (observation) => {
        this.observations.push(observation);
        if (observation.status === 'failed') this.waiting.add(observation.monitor);
        if (observation.status === 'passed') this.waiting.delete(observation.monitor);
      },
      waiting: (monitor) => this.waiting.has(monitor),
      retired: (monitors) => {
        this.retired.push(...monitors);
        for (const monitor of monitors) this.waiting.delete(monitor);
      },
      random: () => 0,
      onTrouble: (_, trouble) => this.troubles.push(trouble),
      log: { info() {}, warn() {}, error() {} },
      ...this.#deps,
    });
  }

  /** The process dies; another one starts with what the desk knew. */
  async restart(policies: readonly Policy[]): Promise<void> {
    const since = new Date(this.clock.now()).toISOString();
    await this.stop();
    this.evaluator = this.#create(policies);
    this.evaluator.restore([...this.waiting].map((monitor) => ({ monitor, since })));
    await this.evaluator.start();
    await this.clock.advance(0);
  }

  /** Evaluations happen at 0 s, 15 s and so on. */
  async run(ms: number): Promise<void> {
    await this.evaluator.start();
    await this.clock.advance(ms);
  }

  stop(): Promise<void> {
    return this.evaluator.shutdown(AbortSignal.timeout(1_000));
  }

  /** What was observed since the last look: `failed`, `passed`, or `unknown` for a fault of the watcher. */
  news(): string[] {
    const fresh = this.observations.slice(this.#heard);
    this.#heard = this.observations.length;
    return fresh.map(({ status, watcher_fault }) => (watcher_fault === null ? status : 'unknown'));
  }

  /** Of the only instance. */
  get state(): string | undefined {
    return this.evaluator.status()[0]?.instances[0]?.state;
  }
}
