import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createGunzip, createInflate } from 'node:zlib';
import { CERTIFICATE, PRIVATE_KEY } from '../../scenarios/engine/testing/certificate.ts';

/** What a stand-in of a vendor's collector was told. Called a stand-in wherever its counts stand. */
export interface AgentPeer {
  port: number;
  /** Requests that the agent says it traced: names, in the order of arrival. */
  transactions: string[];
  spans: number;
  bytes: number;
  /** Resolves at the first transaction whose name matches. */
  transaction(matches: (name: string) => boolean): Promise<string>;
  close(): Promise<void>;
}

/** A certificate for `localhost`, which clients must be told to trust. */
export const PEER_CERTIFICATE = CERTIFICATE;

/** Elastic APM's intake protocol, version 2: NDJSON events. @see https://www.elastic.co/docs/solutions/observability/apm/elastic-apm-events-intake-api */
export async function startElasticApmPeer(): Promise<AgentPeer> {
  const peer = new Peer();
  const server = createHttp(async (request, response) => {
    if (request.method === 'GET') return void response.end('{"version":"9.4.3"}');
    for (const line of (await peer.read(request)).split('\n')) {
      if (line.startsWith('{"transaction"'))
        peer.told((JSON.parse(line) as { transaction: { name: string } }).transaction.name);
      else if (line.startsWith('{"span"')) peer.spans++;
    }
    response.writeHead(202).end();
  });
  return await peer.listening(server);
}

/**
 * New Relic's collector protocol, as far as an agent needs it to report; over TLS, for the agent speaks nothing else.
 * The limits per harvest are the documented defaults of ten thousand transactions and two thousand spans a minute.
 * @see https://docs.newrelic.com/docs/apm/agents/nodejs-agent/
 */
export async function startNewRelicPeer(reportEveryMs = 5_000): Promise<AgentPeer> {
  const peer = new Peer();
  const perHarvest = (aMinute: number) => Math.ceil((aMinute * reportEveryMs) / 60_000);
  const server = createHttps({ key: PRIVATE_KEY, cert: CERTIFICATE }, async (request, response) => {
    const method = new URL(request.url!, 'https://localhost').searchParams.get('method');
    const body = await peer.read(request);
    let return_value: unknown = null;
    if (method === 'preconnect') return_value = { redirect_host: `localhost:${peer.port}`, security_policies: {} };
    else if (method === 'connect') {
      return_value = {
        agent_run_id: '1',
        data_report_period: 60,
        event_harvest_config: {
          report_period_ms: reportEveryMs,
          harvest_limits: { analytic_event_data: perHarvest(10_000), error_event_data: 100, log_event_data: 100 },
        },
        span_event_harvest_config: { report_period_ms: reportEveryMs, harvest_limit: perHarvest(2_000) },
      };
    } else if (method === 'analytic_event_data') {
      const [, , events] = JSON.parse(body) as [string, object, [{ name: string }][]];
      for (const [{ name }] of events) peer.told(name);
    } else if (method === 'span_event_data') {
      const [, , events] = JSON.parse(body) as [string, object, unknown[]];
      peer.spans += events.length;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ return_value }));
  });
  return await peer.listening(server);
}

class Peer implements AgentPeer {
  port = 0;
  transactions: string[] = [];
  spans = 0;
  bytes = 0;
  #waiting: { matches: (name: string) => boolean; resolve: (name: string) => void }[] = [];
  #close: () => Promise<void> = async () => undefined;

  told(name: string): void {
    this.transactions.push(name);
    this.#waiting = this.#waiting.filter(({ matches, resolve }) => {
      if (!matches(name)) return true;
      resolve(name);
      return false;
    });
  }

  transaction(matches: (name: string) => boolean): Promise<string> {
    const known = this.transactions.find(matches);
    return known === undefined
      ? new Promise((resolve) => this.#waiting.push({ matches, resolve }))
      : Promise.resolve(known);
  }

  async read(request: IncomingMessage): Promise<string> {
    request.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
    });
    const encoding = request.headers['content-encoding'];
    const body =
      encoding === 'gzip'
        ? request.pipe(createGunzip())
        : encoding === 'deflate'
          ? request.pipe(createInflate())
          : request;
    let text = '';
    for await (const chunk of body) text += chunk;
    return text;
  }

  async listening(server: ReturnType<typeof createHttp> | ReturnType<typeof createHttps>): Promise<this> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.#close = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return this;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
