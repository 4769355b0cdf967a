import type { Rule } from '../../policies/policy.ts';
import { rule } from './rules.ts';

const of = { service: 'api', synthetic: false };
const live = { environment: 'live' };

/** A rule of each kind, and of each way to measure: what people write. */
export const USUAL_RULES: readonly Rule[] = [
  rule(
    'slow',
    {
      threshold: {
        of: { metric: 'http.server.request.duration', aggregate: 'p95', where: { 'service.name': 'api' } },
        is: { gt: '500ms' },
      },
    },
    { ...live, for_ms: 300_000 },
  ),
  rule(
    'slow-route',
    { threshold: { of: { requests: of, aggregate: 'p95', by: 'http.route' }, is: { gt: '500ms' } } },
    {
      ...live,
      keep_firing_for_ms: 60_000,
      summary: 'p95 of {{ http.route }} is {{ value }}, allowed are {{ threshold }}',
    },
  ),
  rule(
    'slow-combination',
    { threshold: { of: { requests: of, aggregate: 'p95', by: ['service.name', 'http.route'] }, is: { gt: '500ms' } } },
    { ...live, summary: '{{ http.route }} of {{ service.name }}: {{ value }}' },
  ),
  rule(
    'depth',
    { threshold: { of: { metric: 'queue.depth', aggregate: 'avg', window: '1m' }, is: { gte: 100 }, at_least: 3 } },
    { no_data: 'ok' },
  ),
  rule(
    'orders',
    { threshold: { of: { metric: 'orders.placed', aggregate: 'rate' }, is: { lt: 1 } } },
    { no_data: 'alert' },
  ),
  rule(
    'many',
    { threshold: { of: { requests: { ...of, status: 'error' } }, is: { gte: 10 } } },
    { ...live, labels: { team: 'a${b}"$c' }, runbook: 'https://wiki.example.com/many' },
  ),
  rule('few', { threshold: { of: { requests: of }, is: { lt: 10 } } }, live),
  rule(
    'logs',
    {
      threshold: {
        of: { logs: { service: 'billing', level: 'error', text: `can't "do" it\\` }, window: '1m' },
        is: { gte: 10 },
      },
    },
    live,
  ),
  rule(
    'share',
    {
      ratio: {
        part: { requests: { ...of, status: 'error' } },
        whole: { requests: of },
        is: { gt: '5%' },
        at_least: 20,
      },
    },
    live,
  ),
  rule('surge', { rate_of_change: { of: { requests: of }, compared_to: '1h', is: { gt: '50%' } } }, live),
  rule('silent', { absence: { of: { requests: of }, for: '10m' } }, live),
  rule(
    'budget',
    { burn_rate: { good: { requests: { ...of, status: 'ok' } }, total: { requests: of }, objective: '99.9%' } },
    live,
  ),
  rule('runs', { burn_rate: { slo: { scenario: 'post-journey' }, objective: '99%' } }),
  rule('ledger', { backend: { name: 'elk', is: { lag: { gt: '5m' } } } }),
  {
    kind: 'scenario',
    tags: [],
    ids: ['post-journey'],
    services: [],
    environments: ['production'],
    consecutive: 1,
    attempts: 1,
    locations: 1,
  },
];

/** What only Ringdown knows. */
export const OWN_RULES: readonly Rule[] = [
  rule('certificate', { certificate: { targets: ['api.example.com:443'], expires_in: { lt: '14d' } } }),
  rule('nightly', { heartbeat: { name: 'nightly', every: '24h' } }),
];
