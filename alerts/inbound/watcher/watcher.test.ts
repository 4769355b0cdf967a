import { describeInbound } from '../testing/describe-inbound.ts';
import { inbound } from './index.ts';

/** As the template of docs/inbound.md renders. */
const body = (state: string, at: string) => ({
  watch_id: 'errors-of-billing',
  state,
  title: 'Billing logs errors',
  text: '42 errors in 5 minutes',
  at,
  metadata: { severity: 'high', service: 'billing', environment: 'production', runbook: 'https://wiki.example.com/b' },
});

describeInbound({
  kind: inbound,
  firing: body('firing', '2026-11-23T03:04:05.000Z'),
  resolved: body('resolved', '2026-11-23T03:05:05.000Z'),
  resolvedBefore: body('resolved', '2026-11-23T03:03:05.000Z'),
  expected: { key: 'errors-of-billing', title: 'Billing logs errors', service: 'billing' },
  foreign: [{}, { watch_id: 'a' }, { watch_id: 'a', state: 'maybe' }],
});
