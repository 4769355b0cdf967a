import { ecsLogger, InvalidInstrumentOptions, instrument } from '@ringdown/instrument';
import type { FastifyInstance } from 'fastify';
import { EXIT, RingdownError } from '../core/errors.ts';
import type { ApiConfig } from './config.ts';
import type { ServerDeps } from './server.ts';

const SERVICE_NAME = 'reference-api';

/** Log lines in ECS field names; spans, metrics and StatsD as well where the environment names a receiver. */
export function telemetry(config: ApiConfig): Pick<ServerDeps, 'logger' | 'instrument'> {
  const service = { serviceName: SERVICE_NAME, serviceVersion: config.version };
  const logger = ecsLogger({ ...service, level: config.logLevel });
  if (!config.telemetry.otlp && !config.telemetry.statsd) return { logger };
  return {
    logger,
    async instrument(app: FastifyInstance) {
      try {
        await app.register(instrument, { ...service, ...(config.telemetry.statsd ? {} : { statsd: false as const }) });
      } catch (error) {
        if (!(error instanceof InvalidInstrumentOptions)) throw error;
        throw new RingdownError('INVALID_CONFIG', error.message, { exitCode: EXIT.usage, cause: error });
      }
    },
  };
}
