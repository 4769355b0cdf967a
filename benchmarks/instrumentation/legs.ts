/** What is compared: how each server is built. Every one answers the same request with the same 700 bytes. */
export const LEGS = ['plain', 'ours', 'ours-statsd', 'pino', 'ours-pino', 'stock'] as const;
export type Leg = (typeof LEGS)[number];

export const TITLES: Record<Leg, string> = {
  plain: 'Fastify, `logger: false`',
  ours: '@ringdown/instrument: traces + metrics',
  'ours-statsd': '@ringdown/instrument: traces + metrics + StatsD',
  pino: 'Fastify, one pino line a request',
  'ours-pino': '@ringdown/instrument: traces + metrics + that line as log record',
  stock: 'sdk-node + instrumentation-http + @fastify/otel',
};

/** What a leg is measured against. */
export const BASELINE: Record<Leg, Leg> = {
  plain: 'plain',
  ours: 'plain',
  'ours-statsd': 'plain',
  pino: 'plain',
  'ours-pino': 'pino',
  stock: 'plain',
};

export function isInstrumented(leg: Leg): boolean {
  return leg !== 'plain' && leg !== 'pino';
}
