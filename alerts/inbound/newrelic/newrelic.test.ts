import { expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { inbound } from './index.ts';

const CREATED = Date.parse('2026-11-23T03:04:05Z');

/** The default template of a workflow. */
const issue = (state: string, updatedAt: number, over: object = {}) => ({
  id: 'e6c4b7a0-9a0a-4c3e-8f3c-0f6c1f9f1d11',
  issueUrl: 'https://radar-api.service.newrelic.com/accounts/1/issues/e6c4b7a0',
  title: "Error rate > 5% for at least 5 minutes on 'billing'",
  priority: 'CRITICAL',
  impactedEntities: ['billing'],
  totalIncidents: 1,
  state,
  trigger: 'STATE_CHANGE',
  isCorrelated: false,
  createdAt: CREATED,
  updatedAt,
  sources: ['newrelic'],
  alertPolicyNames: ['Golden signals'],
  alertConditionNames: ['High error rate'],
  workflowName: 'ringdown',
  ...over,
});

describeInbound({
  kind: inbound,
  firing: issue('ACTIVATED', CREATED),
  resolved: issue('CLOSED', CREATED + 60_000),
  resolvedBefore: issue('CLOSED', CREATED - 60_000),
  expected: {
    key: 'e6c4b7a0-9a0a-4c3e-8f3c-0f6c1f9f1d11',
    title: "Error rate > 5% for at least 5 minutes on 'billing'",
    service: 'billing',
  },
  foreign: [{}, { id: 'a' }, { id: 'a', state: 'DREAMING' }],
});

const settings = { name: 'source', type: 'newrelic', token: TOKEN };

test('created, activated and acknowledged there are one beginning', async () => {
  const it = await testReceiver(inbound, settings);
  for (const [index, state] of ['CREATED', 'ACTIVATED', 'ACTIVATED'].entries()) {
    await it.receiver.receive('source', requestOf(issue(state, CREATED + index * 1_000)));
  }
  expect(it.observed).toHaveLength(1);
});

test('our template adds service, environment, labels and runbook', async () => {
  const it = await testReceiver(inbound, settings);
  const more = {
    issueId: 'other',
    title: ['a list of titles', 'and another'],
    service: ['billing'],
    environment: 'production',
    runbook: ['https://wiki.example.com/billing'],
    labels: { team: 'posts', nested: { no: 1 } },
  };
  await it.receiver.receive('source', requestOf(issue('ACTIVATED', CREATED, more)));
  expect(it.observed[0]).toMatchObject({
    monitor: 'inbound:source/other',
    monitor_name: 'a list of titles, and another',
    service: 'billing',
    environment: 'production',
    priority: 'P1',
    runbook: 'https://wiki.example.com/billing',
    labels: { team: 'posts', condition: 'High error rate' },
  });
});
