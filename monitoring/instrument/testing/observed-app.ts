import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { instrument } from '../index.ts';
import type { InstrumentOptions } from '../settings.ts';
import { Collector } from './collector.ts';

/** An instrumented app that listens, and the receiver of what it sends. */
export interface ObservedApp {
  app: FastifyInstance;
  collector: Collector;
  url: string;
  port: number;
  /** Lines that the app's logger wrote. */
  lines: Record<string, unknown>[];
  /** Ends the app, which sends everything, and then the receiver. */
  finish(): Promise<void>;
}

export async function observe(
  addRoutes: (app: FastifyInstance) => void | Promise<void>,
  { logger = false, ...options }: InstrumentOptions & { logger?: boolean | object; server?: FastifyServerOptions } = {},
): Promise<ObservedApp> {
  const { server, ...instrumentOptions } = options;
  const collector = new Collector();
  const endpoint = await collector.listen();
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const settings = logger && { ...(typeof logger === 'object' ? logger : {}), stream };
  const app = Fastify({ ...server, logger: settings } as FastifyServerOptions);
  await app.register(instrument, { serviceName: 'shop', otlpEndpoint: endpoint, statsd: false, ...instrumentOptions });
  await addRoutes(app);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    app,
    collector,
    url,
    port: Number(new URL(url).port),
    lines,
    finish: async () => {
      await app.close();
      await collector.close();
    },
  };
}

/** Raw bytes over one connection; everything the server sent once it has closed. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
