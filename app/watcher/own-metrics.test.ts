import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RelayStatus } from '../../monitoring/relay/supervisor.ts';
import type { AlertMetricSources } from './alert-metrics.ts';
import { createOwnMetrics } from './own-metrics.ts';

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const workers = { connected: () => ({}), counts: () => [] };
const nothing: AlertMetricSources = {
  rules: { status: () => [], behindMs: () => 0 },
  ruleAnswers: { counts: () => ({ kept: 0, left_out: 0, lost: 0 }) },
  inbound: { counts: () => [] },
  answers: { counts: () => [] },
  held: () => 0,
  standingSilences: () => 0,
};

test('they are sent to a relay that wants a token with that token', async () => {
  const received = once(server, 'request');
  const metrics = createOwnMetrics(
    {
      monitors: () => [],
      incidents: () => ({ triggered: 0, acknowledged: 0 }),
      relay: () => undefined,
      alerts: nothing,
      workers,
    },
    '1.2.3',
    { url: `http://127.0.0.1:${port}`, token: 'a token of the relay' },
  );
  metrics.slipped(3);
  await metrics.shutdown();
  const [{ url, headers }] = await received;
  expect([url, headers.authorization]).toEqual(['/v1/metrics', 'Bearer a token of the relay']);
});

test('the relay is told with its backends, by the names that Prometheus expects', async () => {
  const ledger = { received: 9, delivered: 5, pending: 1, rejected: 1, dropped: 0, filtered: 2 };
  const told: RelayStatus = {
    backends: [
      {
        name: 'elk',
        type: 'elasticsearch',
        healthy: false,
        circuit: 'open',
        retry_at: '2026-11-23T13:00:00.000Z',
        last_error: 'refused',
        lag_seconds: 7,
        pending_bytes: 100,
        delivered_bytes: 200,
        dead_letters: { records: 3, bytes: 300 },
        ledger: [{ backend: 'elk', type: 'elasticsearch', signal: 'logs', ...ledger }],
        rejections: [],
      },
    ],
    receiver: {
      otlp_requests: 4,
      otlp_refused: 1,
      statsd_packets: 0,
      statsd_malformed: 0,
      statsd_socket_drops: null,
      spool_bytes: 50,
    },
    sources: [{ name: 'aws', type: 'x', healthy: true, last_error: null, received: 12, fetched_up_to: null }],
    counters: {
      rss_bytes: 1_000,
      spool: { records: 8, bytes: 800, syncs: 2, sync_seconds: 0.5, failed_writes: 0 },
      backends: [{ name: 'elk', exports: 6, retries: 2, export_seconds: 1.5, under_way_bytes: 64 }],
    },
  };
  const metrics = createOwnMetrics(
    {
      monitors: () => [],
      incidents: () => ({ triggered: 0, acknowledged: 0 }),
      relay: () => told,
      alerts: nothing,
      workers,
    },
    '1.2.3',
    { url: `http://127.0.0.1:${port}`, token: undefined },
  );
  const lines = (await metrics.prometheus()).split('\n').map((line) => line.replace(/ \d{13}$/, ''));
  for (const line of [
    'ringdown_backend_items_total{backend="elk",signal="logs",outcome="filtered"} 2',
    'ringdown_backend_lag_seconds{backend="elk"} 7',
    'ringdown_relay_circuit_state{backend="elk",state="open"} 1',
    'ringdown_relay_circuit_state{backend="elk",state="closed"} 0',
    'ringdown_relay_dead_letters{backend="elk"} 3',
    'ringdown_relay_exports_total{backend="elk"} 6',
    'ringdown_relay_export_retries_total{backend="elk"} 2',
    'ringdown_relay_export_seconds_total{backend="elk"} 1.5',
    'ringdown_relay_spool_bytes 50',
    'ringdown_relay_source_records_total{source="aws"} 12',
    'ringdown_relay_spool_syncs_total 2',
    'ringdown_relay_otlp_refused_total 1',
  ]) {
    expect(lines).toContain(line);
  }
  // What the system does not tell is not told as 0.
  expect(lines.some((line) => line.startsWith('ringdown_relay_statsd_socket_drops_total '))).toBe(false);
  await metrics.shutdown();
});

test('alerting is told by rule, source and channel', async () => {
  const at = '2026-11-23T13:00:00.000Z';
  const instance = {
    monitor: 'rule:p/slow',
    labels: {},
    state: 'firing',
    since: at,
    value: '2 s',
    threshold: '1 s',
    text: null,
  } as const;
  const status = {
    policy: 'p',
    rule: 'slow',
    name: 'slow',
    kind: 'threshold',
    every_ms: 15_000,
    last_evaluated_at: at,
    next_evaluation_at: at,
    duration_ms: 3,
    trouble: { since: at, message: 'the relay is down' },
    left_out: 0,
    instances: [instance],
    evaluations: [],
  };
  const alerts: AlertMetricSources = {
    rules: { status: () => [status], behindMs: () => 2_000 },
    ruleAnswers: { counts: () => ({ kept: 7, left_out: 0, lost: 3 }) },
    inbound: { counts: () => [{ source: 'am', outcome: 'accepted', count: 4 }] },
    answers: { counts: () => [{ channel: 'team', outcome: 'unauthentic', count: 2 }] },
    held: () => 3,
    standingSilences: () => 1,
  };
  const metrics = createOwnMetrics(
    {
      monitors: () => [],
      incidents: () => ({ triggered: 0, acknowledged: 0 }),
      relay: () => undefined,
      alerts,
      workers,
    },
    '1.2.3',
    { url: `http://127.0.0.1:${port}`, token: undefined },
  );
  const lines = (await metrics.prometheus()).split('\n').map((line) => line.replace(/ \d{13}$/, ''));
  for (const line of [
    'ringdown_rule_instances{policy="p",rule="slow",state="firing"} 1',
    'ringdown_rule_instances{policy="p",rule="slow",state="pending"} 0',
    'ringdown_rule_trouble{policy="p",rule="slow"} 1',
    'ringdown_rules_behind_seconds 2',
    'ringdown_rule_answers_total{outcome="lost"} 3',
    'ringdown_inbound_total{source="am",outcome="accepted"} 4',
    'ringdown_answers_total{channel="team",outcome="unauthentic"} 2',
    'ringdown_incidents_held 3',
    'ringdown_silences 1',
  ]) {
    expect(lines).toContain(line);
  }
  await metrics.shutdown();
});
