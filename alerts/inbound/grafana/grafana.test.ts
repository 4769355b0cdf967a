import { expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { inbound } from './index.ts';

const alert = (over: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'High memory usage', service: 'billing', severity: 'warning', grafana_folder: 'ops' },
  annotations: { summary: 'Memory is nearly used up', runbook_url: 'https://wiki.example.com/memory' },
  startsAt: '2026-11-23T12:04:05+09:00',
  endsAt: '0001-01-01T00:00:00Z',
  values: { B: 44.23943737541908, C: 1 },
  generatorURL: 'https://grafana.example.com/alerting/grafana/1afz29v7z/view',
  fingerprint: 'c6eadffa33fcdf37',
  silenceURL: 'https://grafana.example.com/alerting/silence/new',
  dashboardURL: 'https://grafana.example.com/d/abc',
  panelURL: 'https://grafana.example.com/d/abc?viewPanel=2',
  imageURL: 'https://grafana.example.com/image/1.png',
  valueString: "[ var='B' labels={} value=44.2 ]",
  ...over,
});
const payload = (...alerts: object[]) => ({
  receiver: 'ringdown',
  status: 'firing',
  orgId: 1,
  alerts,
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'https://grafana.example.com/',
  version: '1',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  title: '[FIRING:1]',
  state: 'alerting',
  message: '**Firing**',
});

describeInbound({
  kind: inbound,
  firing: payload(alert()),
  resolved: payload(alert({ status: 'resolved', endsAt: '2026-11-23T12:05:05+09:00' })),
  resolvedBefore: payload(alert({ status: 'resolved', endsAt: '2026-11-23T12:03:05+09:00' })),
  expected: { key: '1/c6eadffa33fcdf37', title: 'Memory is nearly used up', service: 'billing' },
  foreign: [{}, { alerts: {} }, { alerts: [{ status: 'firing' }] }],
});

const settings = { name: 'source', type: 'grafana', token: TOKEN };

test('panel, values and image come along', async () => {
  const it = await testReceiver(inbound, settings);
  await it.receiver.receive('source', requestOf(payload(alert())));
  expect(it.observed[0]).toMatchObject({ priority: 'P3', source_url: 'https://grafana.example.com/d/abc?viewPanel=2' });
  expect(it.observed[0]!.failure!.message).toContain('value=44.2');
  expect(it.observed[0]!.failure!.message).toContain('image/1.png');
});

test('a rule without data names the rule', async () => {
  const it = await testReceiver(inbound, settings);
  const noData = alert({ labels: { alertname: 'DatasourceNoData', rulename: 'High memory usage' }, annotations: {} });
  await it.receiver.receive('source', requestOf(payload(noData)));
  expect(it.observed[0]!.monitor_name).toBe('High memory usage: no data');
});
