import fastifyPlugin from 'fastify-plugin';
import { instrumentPlugin } from './plugin.ts';

/**
 * OpenTelemetry and StatsD for a Fastify 5 app: `await app.register(instrument, { serviceName: 'shop' })`, before
 * routes and error handlers. Rejects with `InvalidInstrumentOptions` where an option or its environment variable is
 * wrong; after that, nothing it does reaches the app.
 */
export const instrument = fastifyPlugin(instrumentPlugin, { fastify: '5.x', name: '@ringdown/instrument' });

export type { Counters, Signal, SignalCounters } from './export/counters.ts';
export { type EcsLoggerOptions, ecsLogger } from './logs/ecs-logger.ts';
export type { Instrumentation } from './plugin.ts';
export { type InstrumentOptions, InvalidInstrumentOptions } from './settings.ts';
