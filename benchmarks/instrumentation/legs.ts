/** What is compared: how each server is built. Every one answers the same request with the same 700 bytes. */
export const LEGS = ['plain', 'ours', 'ours-statsd', 'pino', 'ours-pino', 'stock', 'elastic-apm', 'newrelic'] as const;
export type Leg = (typeof LEGS)[number];

export const TITLES: Record<Leg, string> = {
  plain: 'Fastify, `logger: false`',
  ours: '@ringdown/instrument: traces + metrics',
  'ours-statsd': '@ringdown/instrument: traces + metrics + StatsD',
  pino: 'Fastify, one pino line a request',
  'ours-pino': '@ringdown/instrument: traces + metrics + that line as log record',
  stock: 'sdk-node + instrumentation-http + @fastify/otel',
  'elastic-apm': 'elastic-apm-node',
  newrelic: 'newrelic',
};

/** What a leg is measured against. */
export const BASELINE: Record<Leg, Leg> = {
  plain: 'plain',
  ours: 'plain',
  'ours-statsd': 'plain',
  pino: 'plain',
  'ours-pino': 'pino',
  stock: 'plain',
  'elastic-apm': 'plain',
  newrelic: 'plain',
};

/** Agents of vendors speak protocols of their own, to stand-ins of their collectors. */
export function isVendorAgent(leg: Leg): leg is 'elastic-apm' | 'newrelic' {
  return leg === 'elastic-apm' || leg === 'newrelic';
}

export function isInstrumented(leg: Leg): boolean {
  return leg !== 'plain' && leg !== 'pino';
}
