import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { renderDiagnostic } from '../../core/document/index.ts';
import { duplicateIds, parsePolicy } from './parse.ts';
import { builtInPolicy, isScenarioRule } from './policy.ts';

const shipped = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');

describe('shipped policies', () => {
  test.each(['critical.policy.yaml', 'default.policy.yaml'])('%s needs no configured channel', (name) => {
    const { policy, diagnostics } = parsePolicy(shipped(name), name, { channels: [] });
    expect(diagnostics).toEqual([]);
    expect(policy?.id).toBe(name.split('.')[0]);
    expect(policy?.escalation[0]).toEqual({ after_ms: 0, notify: ['all'], repeat_every_ms: null });
  });
});

test('the policy of the contract is read as it is meant', () => {
  const text = `version: 1
id: critical
priority: P1
rules:
  - { scenario: { tags: [critical] }, failing: { consecutive: 1 } }
escalation:
  - { after: 0s, notify: [pager, team] }
  - { after: 5m, notify: [call-kim], repeat: { every: 2m, until: acknowledged } }
resolve: { after_passing: 1, notify: same }
`;
  expect(parsePolicy(text, 'critical.policy.yaml', { channels: ['pager', 'team', 'call-kim'] }).policy).toEqual({
    ...builtInPolicy,
    id: 'critical',
    name: 'critical',
    priority: 'P1',
    rules: [{ ...builtInPolicy.rules[0], tags: ['critical'] }],
    escalation: [
      { after_ms: 0, notify: ['pager', 'team'], repeat_every_ms: null },
      { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: 120_000 },
    ],
    resolve: { after_passing: 1 },
  });
});

test('every key of a policy is read as it is meant', () => {
  const document = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  const text = /```yaml\n([\s\S]*?)```/.exec(document)![1]!;
  const { policy, diagnostics } = parsePolicy(text, 'posts.policy.yaml', {});
  expect(diagnostics).toEqual([]);
  const { rules, ...others } = policy!;
  expect(others).toEqual({
    id: 'posts',
    name: 'posts',
    priority: 'P2',
    labels: { team: 'posts' },
    group_by: ['service', 'environment', 'rule'],
    routes: [{ match: { service: 'billing' }, escalation: [{ after_ms: 0, notify: ['team'], repeat_every_ms: null }] }],
    inhibit: [{ when: { rule: 'silent' }, hold: { service: 'billing' }, equal: ['environment'] }],
    quiet_hours: [
      { priority: 'P3', from_minute: 1_320, to_minute: 480, timezone: 'Asia/Seoul', days: [1, 2, 3, 4, 5] },
    ],
    escalation: [
      { after_ms: 0, notify: ['pager', 'team'], repeat_every_ms: null },
      { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: 120_000 },
    ],
    escalation_loop: { times: 2, every_ms: 1_800_000 },
    renotify: { triggered_every_ms: 14_400_000, acknowledged_every_ms: 86_400_000 },
    resolve: { after_passing: 1 },
  });
  expect(rules[0]).toEqual({ ...builtInPolicy.rules[0], tags: ['critical'], consecutive: 2, attempts: 2 });
  expect(rules[1]).toEqual({
    kind: 'threshold',
    id: 'slow',
    name: 'Posts are slow',
    spec: {
      question: {
        of: 'metric',
        metric: 'http.server.request.duration',
        aggregate: 'p95',
        where: { 'service.name': 'reference-api' },
        by: ['http.route'],
        window_ms: 300_000,
        offset_ms: 0,
      },
      limit: { operator: 'gt', value: 500, unit: 'ms', written: '500 ms' },
      at_least: 20,
    },
    every_ms: 15_000,
    for_ms: 120_000,
    keep_firing_for_ms: 60_000,
    no_data: 'keep',
    priority: null,
    labels: {},
    summary: 'p95 of {{ http.route }} is {{ value }}, allowed are {{ threshold }}',
    runbook: null,
    service: 'reference-api',
    environment: null,
  });
  expect(rules.map((rule) => [rule.kind, isScenarioRule(rule) ? null : rule.service])).toEqual([
    ['scenario', null],
    ['threshold', 'reference-api'],
    ['ratio', 'reference-api'],
    ['rate_of_change', 'reference-api'],
    ['absence', 'billing'],
    ['burn_rate', null],
    ['certificate', null],
    ['heartbeat', null],
    ['backend', null],
  ]);
});

test('everything that is wrong is named at its place, all at once', () => {
  const text = `version: 1
id: Critical!
priority: P9
rules:
  - { scenario: { tag: [critical] }, failing: { consecutive: 0 } }
escalation:
  - { after: 5m, notify: [pagr] }
  - { after: soon, notify: [team] }
  - { after: 1m, notify: [team], repeat: { every: 1s } }
`;
  const { policy, diagnostics } = parsePolicy(text, 'p.policy.yaml', { channels: ['pager', 'team'] });
  expect(policy).toBeNull();
  expect(diagnostics.map((found) => renderDiagnostic(found, text).split('\n')[0])).toEqual([
    'p.policy.yaml:2:5: id must be lower-case letters, digits and hyphens, found the text "Critical!"',
    'p.policy.yaml:3:11: priority must be one of P1, P2, P3, P4, found the text "P9"',
    'p.policy.yaml:5:19: unknown key "tag" in scenario',
    'p.policy.yaml:5:62: consecutive must be at least 1, found the number 0',
    'p.policy.yaml:7:27: unknown channel "pagr"',
    'p.policy.yaml:8:14: after must be a duration such as 30s, 5m or 1h30m, found the text "soon"',
    'p.policy.yaml:9:14: steps must be in the order of their time',
    'p.policy.yaml:9:51: a step must not repeat faster than 10s',
  ]);
  expect(diagnostics[4]?.hint).toContain('pager');
});

test('broken YAML is a diagnostic, too', () => {
  const { policy, diagnostics } = parsePolicy('rules: [', 'p.policy.yaml', {});
  expect(policy).toBeNull();
  expect(diagnostics.length).toBeGreaterThan(0);
});

test('two files must not share an id', () => {
  const policy = parsePolicy(shipped('default.policy.yaml'), 'a', {}).policy!;
  expect(
    duplicateIds([
      { policy, file: 'a' },
      { policy, file: 'b' },
    ]),
  ).toEqual([{ id: 'default', files: ['a', 'b'] }]);
  expect(duplicateIds([{ policy, file: 'a' }])).toEqual([]);
});
