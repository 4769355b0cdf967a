import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { parsePolicy } from '../../policies/parse.ts';
import type { Policy } from '../../policies/policy.ts';
import { parsePolicyTests } from '../parse.ts';
import type { PolicyTests } from '../policy-test.ts';

const CHANNELS = ['pager', 'team', 'call-kim'];

/**
 * Policies with five kinds of rules, a route, inhibition and quiet hours, and a test of each: a day with a monitor that
 * runs twice a minute and fails once, slow requests, errors, and a log that falls silent. No two are alike.
 */
export function policiesWithTests(count: number): { policy: Policy; tests: PolicyTests }[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, index) => {
    const number = (from: number, to: number) => from + Math.floor(random() * (to - from));
    const policy = parsed(
      parsePolicy(policyText(`policy-${index}`, number), `${index}.policy.yaml`, { channels: CHANNELS }).policy,
    );
    const text = testText(`policy-${index}`, number);
    const known = { policies: [`policy-${index}`], channels: CHANNELS, users: null };
    const { tests, diagnostics } = parsePolicyTests(text, `${index}.policy.test.yaml`, known);
    if (!tests) throw new Error(JSON.stringify(diagnostics));
    return { policy, tests };
  });
}

function parsed<T>(value: T | null): T {
  if (value === null) throw new Error('not valid');
  return value;
}

type Pick = (from: number, to: number) => number;

function policyText(id: string, number: Pick): string {
  return `version: 1
id: ${id}
priority: P2
rules:
  - scenario: { tags: [critical] }
    failing: { consecutive: ${number(1, 4)} }
  - id: slow
    threshold:
      of: { requests: { service: api }, aggregate: p95, by: http.route, window: 5m }
      is: { gt: ${number(300, 900)}ms }
    for: ${number(1, 5)}m
    keep_firing_for: 1m
  - id: errors
    ratio:
      part: { requests: { service: api, status: 5xx } }
      whole: { requests: { service: api } }
      window: 5m
      is: { gt: ${number(2, 9)}% }
      at_least: 20
    for: 1m
    priority: P1
  - id: silent
    absence: { of: { logs: { service: billing } }, for: ${number(10, 30)}m }
    labels: { team: billing }
    priority: P3
  - id: nightly
    heartbeat: { name: nightly-backup, every: 12h, grace: 1h }
  - id: certificate
    certificate: { targets: ["api.example.com:443"], expires_in: { lt: 14d } }
routes:
  - match: { team: billing }
    escalation:
      - { after: 0s, notify: [team] }
inhibit:
  - { when: { rule: errors }, hold: { rule: slow }, equal: [environment] }
quiet_hours:
  P3: { from: "22:00", to: "08:00", timezone: Asia/Seoul }
escalation:
  - { after: 0s, notify: [pager, team] }
  - { after: ${number(3, 9)}m, notify: [call-kim], repeat: { every: 5m, until: acknowledged } }
`;
}

function testText(id: string, number: Pick): string {
  const failing = number(60, 300);
  const slow = number(350, 450);
  const errors = number(560, 650);
  return `policy: ${id}
channels: [${CHANNELS.join(', ')}]
cases:
  - name: a day
    given:
      - { at: 0s, every: 30s, until: ${failing}m, run: { monitor: post-journey@production, status: passed, tags: [critical], service: api } }
      - { at: ${failing}m30s, every: 30s, until: ${failing + 10}m, run: { monitor: post-journey@production, status: failed, tags: [critical], service: api } }
      - { at: ${failing + 8}m, acknowledge: { by: kim } }
      - { at: ${failing + 11}m, every: 30s, until: 24h, run: { monitor: post-journey@production, status: passed, tags: [critical], service: api } }
      - { at: 1h, heartbeat: { name: nightly-backup } }
      - { at: 13h, heartbeat: { name: nightly-backup } }
      - { at: 0s, certificate: { target: "api.example.com:443", expires_in: 20d } }
    series:
      - { requests: { service: api, route: /v1/posts }, every: 10m, values: [100ms x${Math.floor(slow / 10)}, 1s x2, 100ms], per_minute: 300 }
      - { requests: { service: api, route: /v1/users }, values: 80ms, per_minute: 100 }
      - { requests: { service: api, route: /v1/posts, status: 500 }, every: 10m, values: 50ms, per_minute: [0 x${Math.floor(errors / 10)}, 60, 0] }
      - { logs: { service: billing }, every: 1h, per_minute: [5 x20, 0, 5] }
    expect:
      - { at: ${failing}m, incident: { open: 0 } }
      - { between: [${failing}m, ${failing + 5}m], notified: [pager, team], event: triggered }
      - { at: 24h, incident: { open: 0 } }
`;
}
