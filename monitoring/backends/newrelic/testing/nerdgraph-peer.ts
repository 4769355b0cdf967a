import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for NerdGraph: it checks the key and the shape of the request, keeps the NRQL and answers with prepared rows.
 * It knows no NRQL: what queries mean was never tried on New Relic.
 */
export class NerdGraphPeer {
  readonly queries: string[] = [];
  /** Rows for queries that contain the text; the first that fits. */
  readonly answers: [part: string, rows: Record<string, unknown>[]][] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(this.#answer(request.headers['api-key'], Buffer.concat(chunks).toString())));
      });
    });
  }

  static async start(): Promise<NerdGraphPeer> {
    const peer = new NerdGraphPeer();
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  #answer(key: unknown, body: string): object {
    if (key !== 'a-user-key') return { errors: [{ message: 'Api-Key is invalid' }] };
    const { query, variables } = JSON.parse(body) as { query: string; variables: { account: number; nrql: string } };
    if (!query.includes('$nrql') || variables.account !== 42) return { errors: [{ message: 'no such account' }] };
    this.queries.push(variables.nrql);
    const results = this.answers.find(([part]) => variables.nrql.includes(part))?.[1] ?? [];
    return { data: { actor: { account: { nrql: { results } } } } };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
