import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { ruleKinds } from '../rules/registry.ts';
import { parsePolicy } from './parse.ts';
import { isScenarioRule } from './policy.ts';

fc.configureGlobal({ seed: 20261123 });

const document = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
const whole = parse(/```yaml\n([\s\S]*?)```/.exec(document)![1]!) as object;

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '0s',
    '5m',
    '5%',
    '500ms',
    'p95',
    'all',
    'on-call:',
    'user:',
    '{{ }}',
    '1e9',
    '-1',
    `${'9'.repeat(400)}s`,
    `${'9'.repeat(400)}%`,
  ),
  fc.constantFrom({ gt: 5 }, { of: {} }, [{}], [null], { __proto__: 1 }, { metric: 'm', logs: {} }),
);

/** Every place of a value, as a path. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => places(one, [...path, key]))];
}

function changed(value: unknown, [key, ...rest]: (string | number)[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

const known = { channels: ['pager', 'team', 'call-kim'], schedules: [], users: [], backends: ['elk'], heartbeats: [] };

/** Policies in which one thing is something else. JSON is YAML. */
const spoilt = fc
  .tuple(fc.constantFrom(...places(whole).slice(1)), strange)
  .map(([path, to]) => JSON.stringify(changed(whole, path, to)));

test('whatever stands in a policy, it is compiled or refused with a place', () => {
  fc.assert(
    fc.property(spoilt, fc.boolean(), (text, named) => {
      const { policy, diagnostics } = parsePolicy(text, 'p.policy.yaml', named ? known : {});
      expect(policy === null).toBe(diagnostics.length > 0);
      for (const { line, column, message, hint = '' } of diagnostics) {
        expect([line > 0, column > 0]).toEqual([true, true]);
        expect(message + hint).not.toMatch(/undefined|\[object/);
      }
      // What is not finite is null in JSON, and no policy has a null that means a number.
      if (policy) expect(JSON.stringify(policy)).not.toMatch(/"(value|after_ms|window_ms|times)":null/);
      for (const { after_ms, repeat_every_ms } of policy?.escalation ?? []) {
        expect([after_ms, repeat_every_ms ?? 0].every(Number.isFinite)).toBe(true);
      }
      for (const rule of policy?.rules ?? []) {
        if (isScenarioRule(rule)) continue;
        const kind = ruleKinds.get(rule.kind)!;
        for (const question of kind.questions(rule.spec, 0)) expect(question).toHaveProperty('of');
        expect([rule.for_ms, rule.keep_firing_for_ms, rule.every_ms].every(Number.isFinite)).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});
