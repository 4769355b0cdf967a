import { describeInbound } from '../testing/describe-inbound.ts';
import { inbound } from './index.ts';

/** As the template of docs/inbound.md renders. */
const body = (action_group: string, date: string) => ({
  rule_id: '0f8c1f2e-5f5e-4c58-9f0f-9f4d0e2b8a11',
  rule_name: 'Latency of billing',
  alert_id: 'billing',
  action_group,
  reason: 'avg latency is 2.1 s in the last 5 minutes. Alert when above 1 s.',
  severity: 'critical',
  service: 'billing',
  environment: 'production',
  tags: 'team-posts,slo',
  url: 'https://kibana.example.com/app/observability/alerts/rules/0f8c1f2e',
  date,
});

describeInbound({
  kind: inbound,
  firing: body('threshold_met', '2026-11-23T03:04:05.678Z'),
  resolved: body('recovered', '2026-11-23T03:05:05.678Z'),
  resolvedBefore: body('recovered', '2026-11-23T03:03:05.678Z'),
  expected: {
    key: '0f8c1f2e-5f5e-4c58-9f0f-9f4d0e2b8a11/billing',
    title: 'Latency of billing: billing',
    service: 'billing',
  },
  foreign: [{}, { rule_id: 'a' }, { rule_id: ['a'], action_group: 'recovered' }],
});
