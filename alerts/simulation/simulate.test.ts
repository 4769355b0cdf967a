import { describe, expect, test } from '@jest/globals';
import { renderDiagnostics } from '../../core/document/index.ts';
import { parsePolicy } from '../policies/parse.ts';
import { parsePolicyTests } from './parse.ts';
import { runTests, type TestSubject } from './run-tests.ts';

const CHANNELS = ['pager', 'team'];
const SLO =
  '  - { id: slo, burn_rate: { slo: { scenario: post-journey }, objective: 99%, windows: [{ long: 1h, short: 5m, factor: 10 }] } }\n';
const policyWith = (rule: string) => `version: 1
id: one
priority: P2
rules:
  - { scenario: {}, failing: { consecutive: 1 } }
  - { id: certificate, certificate: { targets: ["a.example.com:443"], expires_in: { lt: 14d } } }
  - { id: elk, backend: { name: elk, is: { lag: { gt: 5m } } } }
${rule}escalation:
  - { after: 0s, notify: [pager] }
  - { after: 5m, notify: [team] }
`;

/** Plays one case through the policy above. @returns what differs, and who was told when, in seconds */
async function play(body: string, subject: Partial<TestSubject> = {}, rule = '') {
  const { policy } = parsePolicy(policyWith(rule), 'one.policy.yaml', {});
  const text = `policy: one\nchannels: [${CHANNELS.join(', ')}]\ncases:\n  - name: it\n${body.replace(/^/gm, '    ')}`;
  const { tests, diagnostics } = parsePolicyTests(text, 'one.policy.test.yaml', {
    policies: ['one'],
    channels: CHANNELS,
    users: null,
  });
  if (!tests) throw new Error(renderDiagnostics(diagnostics, text));
  const [result] = await runTests(tests, { policies: [policy!], channels: [], onCall: null, ...subject });
  const { differences, simulation } = result!;
  return {
    differences: differences.map(({ at_ms, expected, actual }) => `${at_ms / 1_000}s: ${expected} | ${actual}`),
    told: simulation.told.map(
      ({ at_ms, channel, event }) => `${at_ms / 1_000}s ${channel} ${event.replace('incident.', '')}`,
    ),
    simulation,
  };
}

const FAILED = 'run: { monitor: post-journey@local, status: failed }';
const PASSED = 'run: { monitor: post-journey@local, status: passed }';

describe('what is given happens', () => {
  test('runs repeat until their end, and an incident ends when they pass', async () => {
    const { told, simulation } = await play(`given:
  - { at: 0s, every: 30s, until: 10m, ${PASSED} }
  - { at: 10m30s, every: 30s, until: 12m, ${FAILED} }
  - { at: 12m30s, every: 30s, until: 24h, ${PASSED} }
expect: [{ until: 24h, nothing_else: true }]`);
    expect(told).toEqual(['630s pager triggered', '750s pager resolved']);
    expect(simulation.incidents[0]).toMatchObject({ state: 'resolved', environment: 'local', service: 'post-journey' });
  });

  test('what a scenario says stands behind what the test says', async () => {
    const monitor = () => ({ service: 'shop', tags: ['critical'], monitor_name: 'Journey' });
    const { simulation } = await play(`given: [{ at: 0s, ${FAILED} }]\nexpect: [{ at: 0s, notified: [pager] }]`, {
      monitor,
    });
    expect(simulation.incidents[0]).toMatchObject({ service: 'shop', cause: { monitor_name: 'Journey' } });
  });

  test('a channel that refuses hands over to the next step at once', async () => {
    const { told } = await play(`given:
  - { at: 0s, channel: { name: pager, fails: 1m, how: refuses } }
  - { at: 1s, ${FAILED} }
expect: [{ until: 1m, nothing_else: true }]`);
    expect(told).toEqual(['1s team escalated']);
  });

  test('a channel that does not answer is tried again', async () => {
    const { told } = await play(`given:
  - { at: 0s, channel: { name: pager, fails: 20s, how: silent } }
  - { at: 0s, ${FAILED} }
expect: [{ until: 1m, nothing_else: true }]`);
    expect(told).toEqual(['22.25s pager triggered']);
  });

  test('a database that is away holds no page up for longer than two seconds', async () => {
    const { told } = await play(`given:
  - { at: 10s, database: { fails: 20s } }
  - { at: 11s, ${FAILED} }
expect: [{ until: 1m, nothing_else: true }]`);
    expect(told).toEqual(['11s pager triggered']);
  });

  test('escalation goes on over a restart, and while it is down nothing runs', async () => {
    const { told } = await play(`given:
  - { at: 0s, ${FAILED} }
  - { at: 4m, restart: { down: 3m } }
  - { at: 5m, ${PASSED} }
expect: [{ until: 30m, nothing_else: true }]`);
    expect(told).toEqual(['0s pager triggered', '420s team escalated']);
  });

  test('setting the clock neither rings early nor late', async () => {
    const { told } = await play(`given:
  - { at: 0s, ${FAILED} }
  - { at: 1m, clock: { step: 1h } }
  - { at: 2m, clock: { step: -2h } }
expect: [{ until: 30m, nothing_else: true }]`);
    expect(told).toEqual(['0s pager triggered', '300s team escalated']);
  });

  test('answers: escalate, then resolve', async () => {
    const { told } = await play(`given:
  - { at: 0s, ${FAILED} }
  - { at: 1m, escalate: { by: kim } }
  - { at: 2m, resolve: { by: kim } }
expect: [{ until: 30m, nothing_else: true }]`);
    expect(told).toEqual(['0s pager triggered', '60s team escalated', '120s pager resolved', '120s team resolved']);
  });

  test('a maintenance window holds back, and lets go at its end', async () => {
    const { told, differences } = await play(`given:
  - { at: 0s, maintenance: { matchers: { environment: local }, for: 10m } }
  - { at: 1m, ${FAILED} }
expect:
  - { at: 2m, incident: { held: maintenance, count: 1 } }
  - { at: 10m, notified: [pager] }
  - { until: 14m, nothing_else: true }`);
    expect(differences).toEqual([]);
    expect(told).toEqual(['600s pager triggered']);
  });

  test('an alert of another system fires and resolves', async () => {
    const { told, simulation } = await play(`given:
  - { at: 0s, alert: { source: alertmanager, key: disk, state: firing, severity: critical, title: Disk full, policy: one } }
  - { at: 2m, alert: { source: alertmanager, key: disk, state: resolved, policy: one } }
expect: [{ until: 1h, nothing_else: true }]`);
    expect(told).toEqual(['0s pager triggered', '120s pager resolved']);
    expect(simulation.incidents[0]).toMatchObject({ source: 'inbound', priority: 'P1' });
  });

  test('a certificate fires on the day it has too little left, a ledger when it lags', async () => {
    const { told } = await play(`given:
  - { at: 0s, certificate: { target: "a.example.com:443", expires_in: 15d } }
  - { at: 25h, acknowledge: { by: kim } }
  - { at: 30h, backend: { name: elk, lag: 6m } }
  - { at: 31h, backend: { name: elk } }
expect: [{ until: 48h, nothing_else: true }]`);
    expect(told.filter((line) => line.includes('triggered'))).toEqual([
      '86415s pager triggered',
      '108000s pager triggered',
    ]);
    expect(told.filter((line) => line.includes('resolved'))).toEqual([
      '111600s pager resolved',
      '111600s team resolved',
    ]);
  });

  test('a budget of runs is burnt by the runs of the case', async () => {
    const { simulation } = await play(
      `given:
  - { at: 0s, every: 1m, until: 1h, ${PASSED} }
  - { at: 61m, every: 1m, until: 80m, ${FAILED} }
expect: [{ until: 2h, nothing_else: true }]`,
      {},
      SLO,
    );
    const rules = simulation.incidents.map(({ labels }) => labels.rule);
    expect(rules).toContain('slo');
  });

  test('while signals cannot be read nothing fires and nothing ends', async () => {
    const { told } = await play(`given:
  - { at: 0s, backend: { name: elk, lag: 10m } }
  - { at: 1m, signals: { fail: 2m } }
  - { at: 1m30s, backend: { name: elk } }
expect: [{ until: 10m, nothing_else: true }]`);
    expect(told).toEqual(['0s pager triggered', '180s pager resolved']);
  });
});

describe('what is not as expected is told', () => {
  const difference = async (expected: string, given = `{ at: 0s, ${FAILED} }`) =>
    (await play(`given:\n  - ${given}\nexpect:\n  - ${expected}`)).differences;

  test.each([
    ['nobody was told', '{ at: 1m, notified: [pager] }', '60s: notified: pager | nobody was told'],
    ['somebody else was', '{ at: 0s, notified: [team] }', '0s: notified: team | also pager was told at 0s'],
    [
      'somebody was, though nobody should be',
      '{ at: 5m, notified: [] }',
      '300s: notified: nobody | also team was told at 5m',
    ],
    [
      'not as often',
      '{ between: [0s, 4m], notified: [pager], times: 2 }',
      '0s: notified: pager, 2 times each | pager was told once',
    ],
    [
      'of another event',
      '{ at: 0s, notified: [pager], event: resolved }',
      '0s: notified: pager, resolved | nobody was told',
    ],
    ['something else', '{ until: 10m, nothing_else: true }', '0s: nothing else | pager was told at 0s'],
    [
      'another state',
      '{ at: 1m, incident: { state: acknowledged } }',
      '60s: incident: state acknowledged | "Post journey',
    ],
    ['another number', '{ at: 1m, incident: { open: 2 } }', '60s: incident: open 2 | 1 open'],
    [
      'an incident where none should be',
      '{ at: 1m, incident: { state: none, priority: P2 } }',
      '60s: incident: state none, priority P2 | "Post',
    ],
  ])('%s', async (_what, expected, told) => {
    const [first] = await difference(expected);
    expect(first!.startsWith(told) ? told : first).toBe(told);
  });

  test('an answer that finds nothing to answer', async () => {
    const [first] = await difference('{ at: 1m, notified: [] }', '{ at: 0s, acknowledge: { by: kim } }');
    expect(first).toBe('0s: it can be done | kim finds no open incident to acknowledge');
  });
});
