import { expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { inbound } from './index.ts';

const alert = (over: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'billing', severity: 'critical', environment: 'production' },
  annotations: {
    summary: 'Billing answers with errors',
    description: '12% of requests fail',
    runbook_url: 'https://wiki.example.com/billing',
  },
  startsAt: '2026-11-23T03:04:05.123Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example.com/graph?g0.expr=errors',
  fingerprint: 'a1b2c3d4e5f60718',
  ...over,
});
const payload = (...alerts: object[]) => ({
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'ringdown',
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example.com',
  alerts,
});
const settings = { name: 'source', type: 'alertmanager', token: TOKEN };

describeInbound({
  kind: inbound,
  firing: payload(alert()),
  resolved: { ...payload(alert({ status: 'resolved', endsAt: '2026-11-23T03:05:05.123Z' })), status: 'resolved' },
  resolvedBefore: payload(alert({ status: 'resolved', endsAt: '2026-11-23T03:03:05.123Z' })),
  expected: { key: 'a1b2c3d4e5f60718', title: 'Billing answers with errors', service: 'billing' },
  foreign: [{}, { alerts: 'none' }, { alerts: [{}] }, []],
});

test('labels, priority, links and the times of the sender come along', async () => {
  const it = await testReceiver(inbound, settings);
  await it.receiver.receive('source', requestOf(payload(alert())));
  expect(it.observed[0]).toMatchObject({
    environment: 'production',
    priority: 'P1',
    source_url: 'http://prometheus.example.com/graph?g0.expr=errors',
    runbook: 'https://wiki.example.com/billing',
    scheduled_at: '2026-11-23T03:04:05.123Z',
    labels: { alertname: 'HighErrorRate', severity: 'critical', source: 'source' },
    failure: { message: 'Billing answers with errors: 12% of requests fail' },
  });
});

test('a group of firing and resolved alerts is taken apart; what was truncated is counted', async () => {
  const it = await testReceiver(inbound, settings);
  const group = payload(
    alert({ fingerprint: 'one' }),
    alert({ fingerprint: 'two' }),
    alert({ fingerprint: 'one', status: 'resolved', endsAt: '2026-11-23T03:04:55Z' }),
    { status: 'firing' },
  );
  const receipt = await it.receiver.receive('source', requestOf({ ...group, truncatedAlerts: 7 }));
  expect(receipt).toMatchObject({ alerts: 3, changed: 3, skipped: [expect.stringContaining('alerts[3]')] });
  expect(it.observed.map(({ monitor, status }) => [monitor.at(-1), status])).toEqual([
    ['e', 'failed'],
    ['o', 'failed'],
    ['e', 'passed'],
  ]);
  expect(it.receiver.counts()).toContainEqual({ source: 'source', outcome: 'truncated', count: 7 });
});

test('alerts without a fingerprint are known by their labels', async () => {
  const it = await testReceiver(inbound, settings);
  const old = alert({ fingerprint: undefined });
  await it.receiver.receive('source', requestOf(payload(old)));
  await it.receiver.receive(
    'source',
    requestOf(payload({ ...old, status: 'resolved', endsAt: '2026-11-23T03:04:55Z' })),
  );
  expect(it.observed.map(({ status }) => status)).toEqual(['failed', 'passed']);
});

test('an alert that comes back with the time of its first beginning rings again', async () => {
  const it = await testReceiver(inbound, settings);
  const resolved = payload(alert({ status: 'resolved', endsAt: '2026-11-23T03:05:00Z' }));
  await it.receiver.receive('source', requestOf(payload(alert())));
  await it.receiver.receive('source', requestOf(resolved));
  // The network may still bring what was sent before the end.
  await it.receiver.receive('source', requestOf(payload(alert())));
  expect(it.observed.map(({ status }) => status)).toEqual(['failed', 'passed']);
  await it.clock.advance(5 * 60_000);
  await it.receiver.receive('source', requestOf(payload(alert())));
  expect(it.observed.map(({ status }) => status)).toEqual(['failed', 'passed', 'failed']);
});

test('a thousand alerts in one request are all taken, in order', async () => {
  const it = await testReceiver(inbound, settings);
  const alerts = Array.from({ length: 1_000 }, (_, index) => alert({ fingerprint: `f${index}` }));
  expect(await it.receiver.receive('source', requestOf(payload(...alerts)))).toMatchObject({ changed: 1_000 });
  expect(it.observed.map(({ monitor }) => monitor)).toEqual(alerts.map((_, index) => `inbound:source/f${index}`));
  expect(it.store.alerts.size).toBe(1_000);
});
