import { expect, test } from '@jest/globals';
import { readDocument } from '../../core/document/index.ts';
import { parsePolicy } from '../policies/parse.ts';
import type { PolicyTestFile } from './schema.ts';
import { unasked } from './unasked.ts';

const POLICY = `
version: 1
id: shop
priority: P2
rules:
  - { scenario: {} }
  - { id: slow, threshold: { of: { metric: checkout.duration, aggregate: p95 }, is: { gt: 2s } } }
  - { id: nightly, heartbeat: { name: nightly-backup, every: 24h } }
  - { id: certificate, certificate: { targets: ["shop.example.com:443"], expires_in: { lt: 14d } } }
  - { id: ledger, backend: { name: elk, is: { lag: { gt: 5m } } } }
escalation: [{ after: 0s, notify: [all] }]
`;

const found = (text: string) => {
  const { policy } = parsePolicy(POLICY, 'shop.policy.yaml', { channels: ['push'], schedules: [], users: [] });
  return unasked(readDocument(text, 'shop.policy.test.yaml').value as PolicyTestFile, [policy!]);
};

test('what no rule of the policies knows of is told at its place, with what was probably meant', () => {
  const slips = found(`
policy: shop
cases:
  - name: slips
    given:
      - { at: 0s, heartbeat: { name: nightly-bakup } }
      - { at: 0s, certificate: { target: "shop.example.org:443", expires_in: 3d } }
      - { at: 0s, backend: { name: tick, lag: 10m } }
    series: [{ metric: checkout.duratoin, values: [1s] }]
    expect: [{ at: 1m, incident: { rule: slwo } }]
`);
  expect(slips.map(({ path, message, hint }) => `${path.slice(2).join('.')}: ${message}; ${hint}`)).toEqual([
    'given.0.heartbeat.name: no rule of these policies waits for the heartbeat "nightly-bakup"; did you mean "nightly-backup"?',
    'given.1.certificate.target: no rule of these policies looks at the certificate of "shop.example.org:443"; did you mean "shop.example.com:443"?',
    'given.2.backend.name: no rule of these policies watches the backend "tick"; known: elk',
    'series.0.metric: no rule of these policies asks for the metric "checkout.duratoin"; did you mean "checkout.duration"?',
    'expect.0.incident.rule: no rule of these policies is called "slwo"; did you mean "slow"?',
  ]);
});

test('what they know of is right', () => {
  const slips = found(`
policy: shop
cases:
  - name: right
    given:
      - { at: 0s, heartbeat: { name: nightly-backup } }
      - { at: 0s, run: { monitor: health@live, status: passed } }
    series: [{ metric: checkout.duration, values: [1s] }, { logs: { service: shop }, per_minute: 1 }]
    expect: [{ at: 1m, incident: { state: none } }, { until: 2m, nothing_else: true }]
`);
  expect(slips).toEqual([]);
});
