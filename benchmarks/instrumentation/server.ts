import { devNull } from 'node:os';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { isVendorAgent, type Leg } from './legs.ts';

/**
 * One leg in a process of its own, started with IPC: sends `{ port }` when it listens and `{ cpuMicros }`, the CPU time
 * of the whole process by the operating system's accounting, whenever it is sent `cpu`.
 */
const leg = process.argv[2] as Leg;
const otlpEndpoint = process.argv[3] as string;
const statsdPort = Number(process.argv[4]);

const post = {
  id: 'b7e1',
  title: 'A post',
  body: 'x'.repeat(560),
  author_id: 'c0ffee',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  tags: ['a', 'b'],
};

function addRoutes(app: FastifyInstance, logs: boolean): void {
  app.get('/posts/:id', async (request) => {
    if (logs) request.log.info('read a post');
    return post;
  });
}

/** Stock OpenTelemetry has to be set up before Fastify and node:http are loaded. */
async function buildStock(): Promise<FastifyInstance> {
  const { createRequire } = await import('node:module');
  const require = createRequire(import.meta.url);
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
  const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
  const { PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
  const FastifyOtelInstrumentation = require('@fastify/otel');
  const fastifyOtel = new FastifyOtelInstrumentation();
  new NodeSDK({
    serviceName: 'bench',
    traceExporter: new OTLPTraceExporter({ url: `${otlpEndpoint}/v1/traces` }),
    metricReaders: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${otlpEndpoint}/v1/metrics` }),
        exportIntervalMillis: 10_000,
      }),
    ],
    logRecordProcessors: [],
    instrumentations: [new HttpInstrumentation(), fastifyOtel],
  }).start();
  const app = require('fastify')({ logger: false });
  await app.register(fastifyOtel.plugin());
  addRoutes(app, false);
  return app;
}

/** The environment tells the agent where to report. Like stock, it has to be there before Fastify is loaded. */
async function buildWithAgent(): Promise<FastifyInstance> {
  const { createRequire } = await import('node:module');
  const require = createRequire(import.meta.url);
  if (leg === 'elastic-apm') require('elastic-apm-node').start();
  else require('newrelic');
  const app = require('fastify')({ logger: false });
  addRoutes(app, false);
  return app;
}

async function build(): Promise<FastifyInstance> {
  if (isVendorAgent(leg)) return buildWithAgent();
  if (leg === 'stock') return buildStock();
  const { default: Fastify } = await import('fastify');
  const logs = leg === 'pino' || leg === 'ours-pino';
  const options: FastifyServerOptions = { logger: logs && { file: devNull } };
  if (logs) {
    const { LogController } = await import('fastify');
    options.logController = new LogController({ disableRequestLogging: true });
  }
  const app = Fastify(options);
  if (leg.startsWith('ours')) {
    const { instrument } = await import('@ringdown/instrument');
    const statsd = leg === 'ours-statsd' && { host: '127.0.0.1', port: statsdPort };
    await app.register(instrument, { serviceName: 'bench', otlpEndpoint, statsd });
  }
  addRoutes(app, logs);
  return app;
}

const app = await build();
await app.listen({ port: 0, host: '127.0.0.1' });
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: (app.server.address() as { port: number }).port });
