import type { Path } from '../../core/document/index.ts';
import { suggestion } from '../../core/document/index.ts';
import { isScenarioRule, type Policy, type SignalRule } from '../policies/policy.ts';
import { ruleKinds } from '../rules/registry.ts';
import type { SignalQuestion } from '../rules/signal.ts';
import type { PolicyTestFile } from './schema.ts';

export interface Unasked {
  path: Path;
  message: string;
  hint: string | undefined;
}

/**
 * What a test gives or expects that none of its policies knows of: a slip of the pen that would let a case pass for the wrong
 * reason.
 * @param policies those that the test names, and that were found
 */
export function unasked(file: PolicyTestFile, policies: readonly Policy[]): Unasked[] {
  const found: Unasked[] = [];
  const rules = policies.flatMap((policy) => policy.rules.filter((rule): rule is SignalRule => !isScenarioRule(rule)));
  const questions = rules.flatMap((rule) => ruleKinds.get(rule.kind)?.questions(rule.spec, 0) ?? []);
  const look = (path: Path, what: string, name: string | undefined, known: readonly string[]) => {
    if (name === undefined || known.includes(name)) return;
    const hint = suggestion(name, new Set(known));
    found.push({ path, message: `no rule of these policies ${what} "${name}"`, hint });
  };
  const named = <Of extends SignalQuestion['of']>(of: Of, name: (question: SignalQuestion & { of: Of }) => string) =>
    questions.filter((question): question is SignalQuestion & { of: Of } => question.of === of).map(name);
  const heartbeats = named('heartbeat', ({ name }) => name);
  const targets = named('certificate', ({ target }) => target);
  const backends = named('backend', ({ name }) => name);
  const metrics = named('metric', ({ metric }) => metric);
  const ids = rules.map(({ id }) => id);
  file.cases.forEach(({ given = [], series = [], expect }, index) => {
    const here = ['cases', index];
    given.forEach(({ heartbeat, certificate, backend }, at) => {
      const path = [...here, 'given', at];
      look([...path, 'heartbeat', 'name'], 'waits for the heartbeat', heartbeat?.name, heartbeats);
      look([...path, 'certificate', 'target'], 'looks at the certificate of', certificate?.target, targets);
      look([...path, 'backend', 'name'], 'watches the backend', backend?.name, backends);
    });
    series.forEach(({ metric }, at) => {
      look([...here, 'series', at, 'metric'], 'asks for the metric', metric, metrics);
    });
    expect.forEach(({ incident }, at) => {
      look([...here, 'expect', at, 'incident', 'rule'], 'is called', incident?.rule, ids);
    });
  });
  return found;
}
