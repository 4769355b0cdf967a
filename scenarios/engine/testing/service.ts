import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../core/clock.ts';
import type { Scenario } from '../../language/model.ts';
import type { RunResult } from '../../run-result.ts';
import { createRunner, type RunnerOptions, type RunRequest } from '../runner.ts';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = (request: Seen, response: ServerResponse) => unknown;

/** A service on loopback that answers as a test says, and remembers what it was asked. */
export interface Service {
  readonly origin: string;
  readonly seen: Seen[];
  /** Requests that have no answer yet. */
  readonly open: number;
  answer: Answer;
  /** Runs a scenario against it. */
  run(scenario: Scenario, more?: Partial<RunRequest> & { options?: Partial<RunnerOptions> }): Promise<RunResult>;
  close(): void;
}

export async function startService(answer: Answer = (_request, response) => json(response, 200, {})): Promise<Service> {
  const seen: Seen[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const asked = { method: request.method!, url: request.url!, headers: request.headers, body };
      seen.push(asked);
      open++;
      response.on('close', () => open--);
      service.answer(asked, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service: Service = {
    origin,
    seen,
    answer,
    get open() {
      return open;
    },
    run(scenario, { options, ...request } = {}) {
      const runner = createRunner({
        clock: systemClock,
        userAgent: 'ringdown/0.0.0',
        allowedOrigins: [origin],
        ...options,
      });
      return runner.run({
        scenario,
        environment: { name: 'local', base_url: origin },
        secrets: {},
        scheduledAt: null,
        abort: new AbortController().signal,
        ...request,
      });
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return service;
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
