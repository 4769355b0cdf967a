import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, VERSION } from '../install/collector.ts';
import { listensOnTcp } from './ready.ts';
import { freePort, type Server, startServer } from './server.ts';

export interface CollectorPorts {
  http: number;
  grpc: number;
}

/** The OpenTelemetry Collector; `url` takes OTLP/HTTP. */
export interface CollectorServer extends Server {
  readonly grpcUrl: string;
  /** What it was sent, one export request as OTLP/JSON a line, in the default configuration. */
  readonly output: string;
}

/**
 * The Collector, by default taking OTLP over HTTP and gRPC and writing what comes into `output`.
 * @param config another configuration, as an object; it has to take OTLP/HTTP at this port
 */
export async function startCollector(
  config: (ports: CollectorPorts, folder: string) => object = intoFile,
): Promise<CollectorServer> {
  let grpcUrl = '';
  const server = await startServer({
    name: 'Collector',
    async prepare(folder) {
      const ports = { http: await freePort(), grpc: await freePort() };
      grpcUrl = `http://127.0.0.1:${ports.grpc}`;
      const path = join(folder, 'config.yaml');
      // Every JSON text is YAML.
      writeFileSync(path, JSON.stringify(config(ports, folder), null, 2));
      return {
        command: await install(),
        args: ['--config', `file:${path}`],
        url: `http://127.0.0.1:${ports.http}`,
        async answers() {
          await listensOnTcp(ports.http);
          return VERSION;
        },
      };
    },
  });
  return Object.assign(server, { grpcUrl, output: join(server.folder, 'output.jsonl') });
}

function intoFile({ http, grpc }: CollectorPorts, folder: string): object {
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  return {
    receivers: {
      otlp: {
        protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } },
      },
    },
    exporters: { file: { path: join(folder, 'output.jsonl'), flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  };
}
