/** One thing that a service reports, at the moment it reports it. */
export type Reported =
  | { gauge: number; labels?: Record<string, string> }
  /** Added to a counter; `restarts` begins it anew. */
  | { added: number; restarts?: boolean }
  | { request: { status: number; duration_ms: number } };

/** A recorded series, and a rule about it. */
export interface Trace {
  name: string;
  /** What is to be seen. */
  says: string;
  /** The rest of the rule in YAML, behind its id; `M` stands for the metric, `S` for the service. */
  rule: string;
  /** @param at seconds since the begin. @returns what is reported in this quarter of a second; nothing where it is silent */
  at(at: number): readonly Reported[];
  /** How often it must fire, and then end, in the minute and a half. */
  fires: number;
  ends: number;
  /** Seconds that its reports are under way. */
  late?: number;
}

const within = (at: number, from: number, to: number) => at >= from && at < to;
const gauge = (value: number): Reported[] => [{ gauge: value }];
const requests = (count: number, status: number, duration_ms = 100): Reported[] =>
  Array.from({ length: count }, () => ({ request: { status, duration_ms } }));
/** Every other request fails. */
const halfFail = (count: number): Reported[] => [...requests(count / 2, 503), ...requests(count / 2, 200)];

const high = (aggregate: string, more = '') =>
  `threshold: { of: { metric: M, aggregate: ${aggregate}, window: 6s }, is: { gt: 100 } }${more}`;

export const LASTS_S = 84;

export const TRACES: readonly Trace[] = [
  { name: 'steady-well', says: 'steady, within the limit', rule: high('avg'), at: () => gauge(50), fires: 0, ends: 0 },
  { name: 'steady-bad', says: 'steady, beyond it', rule: high('avg'), at: () => gauge(150), fires: 1, ends: 0 },
  {
    name: 'step',
    says: 'up at 10 s, down at 40 s',
    rule: high('avg'),
    at: (t) => gauge(within(t, 10, 40) ? 200 : 50),
    fires: 1,
    ends: 1,
  },
  {
    name: 'spike',
    says: 'beyond it for 1 s',
    rule: high('max'),
    at: (t) => gauge(within(t, 20, 21) ? 500 : 50),
    fires: 1,
    ends: 1,
  },
  {
    name: 'short-of-for',
    says: 'beyond it for 5 s, `for: 20s`',
    rule: high('max', ', for: 20s'),
    at: (t) => gauge(within(t, 20, 25) ? 500 : 50),
    fires: 0,
    ends: 0,
  },
  {
    name: 'ramp',
    says: 'rises to 40 s, falls to 80 s, `for: 6s`',
    rule: high('avg', ', for: 6s'),
    at: (t) => gauge(t < 40 ? t * 5 : (80 - t) * 5),
    fires: 1,
    ends: 1,
  },
  {
    name: 'flap',
    says: 'up 10 s, down 10 s',
    rule: high('avg').replace('6s', '3s'),
    at: (t) => gauge(t >= 10 && t % 20 >= 10 ? 200 : 50),
    fires: 4,
    ends: 4,
  },
  {
    name: 'flap-damped',
    says: 'up 5 s, down 5 s until 60 s, `keep_firing_for: 10s`',
    rule: high('avg', ', keep_firing_for: 10s').replace('6s', '3s'),
    at: (t) => gauge(within(t, 10, 60) && t % 10 >= 5 ? 200 : 50),
    fires: 1,
    ends: 1,
  },
  {
    name: 'gap',
    says: 'up at 10 s, silent 25–45 s, then well',
    rule: high('avg'),
    at: (t) => (within(t, 25, 45) ? [] : gauge(within(t, 10, 45) ? 200 : 50)),
    fires: 1,
    ends: 1,
  },
  {
    name: 'short-gap',
    says: 'up 10–50 s, silent 20–23 s',
    rule: high('avg'),
    at: (t) => (within(t, 20, 23) ? [] : gauge(within(t, 10, 50) ? 200 : 50)),
    fires: 1,
    ends: 1,
  },
  {
    name: 'late',
    says: 'up 10–40 s, each point half a second late',
    rule: high('avg'),
    at: (t) => gauge(within(t, 10, 40) ? 200 : 50),
    fires: 1,
    ends: 1,
    late: 0.5,
  },
  {
    name: 'counter-reset',
    says: '20/s at 10–45 s, begins anew at 27 s',
    rule: 'threshold: { of: { metric: M, aggregate: rate, window: 6s }, is: { gt: 10 } }',
    at: (t) => [{ added: within(t, 10, 45) ? 5 : 0.25, restarts: t === 27 }],
    fires: 1,
    ends: 1,
  },
  {
    name: 'below',
    says: 'falls below 5 at 20–40 s',
    rule: 'threshold: { of: { metric: M, aggregate: min, window: 6s }, is: { lt: 5 } }',
    at: (t) => gauge(within(t, 20, 40) ? 1 : 9),
    fires: 1,
    ends: 1,
  },
  {
    name: 'two-groups',
    says: 'a up 10–30 s, b up 40–60 s',
    rule: 'threshold: { of: { metric: M, aggregate: avg, by: shop, window: 6s }, is: { gt: 100 } }',
    at: (t) => [
      { gauge: within(t, 10, 30) ? 200 : 50, labels: { shop: 'a' } },
      { gauge: within(t, 40, 60) ? 200 : 50, labels: { shop: 'b' } },
    ],
    fires: 2,
    ends: 2,
  },
  {
    name: 'error-share',
    says: 'half of the requests fail 20–45 s',
    rule: 'ratio: { part: { requests: { service: S, status: 5xx } }, whole: { requests: { service: S } }, window: 6s, is: { gt: 20% }, at_least: 20 }',
    at: (t) => (within(t, 20, 45) ? halfFail(4) : requests(4, 200)),
    fires: 1,
    ends: 1,
  },
  {
    name: 'few-requests',
    says: 'all fail: 1/s to 35 s, then 8/s',
    rule: 'ratio: { part: { requests: { service: S, status: 5xx } }, whole: { requests: { service: S } }, window: 6s, is: { gt: 20% }, at_least: 20 }',
    at: (t) => requests(t < 35 ? (t % 1 === 0 ? 1 : 0) : 2, 503),
    fires: 1,
    ends: 0,
  },
  {
    name: 'slow',
    says: 'p95 900 ms at 20–45 s',
    rule: 'threshold: { of: { requests: { service: S }, aggregate: p95, by: http.route, window: 6s }, is: { gt: 500ms } }',
    at: (t) => requests(3, 200, within(t, 20, 45) ? 900 : 100),
    fires: 1,
    ends: 1,
  },
  {
    name: 'silence',
    says: 'no requests 20–45 s',
    rule: 'absence: { of: { requests: { service: S } }, for: 6s }',
    at: (t) => (within(t, 20, 45) ? [] : requests(2, 200)),
    fires: 1,
    ends: 1,
  },
  {
    name: 'many-errors',
    says: 'failures 20–25 s, then nothing at all',
    rule: 'threshold: { of: { requests: { service: S, status: 5xx }, window: 6s }, is: { gte: 10 } }',
    at: (t) => (t < 20 ? requests(2, 200) : within(t, 20, 25) ? requests(2, 503) : []),
    fires: 1,
    ends: 1,
  },
  {
    name: 'surge',
    says: '100, from 45 s 250',
    rule: 'rate_of_change: { of: { metric: M, aggregate: avg, window: 4s }, compared_to: 20s, is: { gt: 100% } }',
    at: (t) => gauge(t < 45 ? 100 : 250),
    fires: 1,
    ends: 1,
  },
];
