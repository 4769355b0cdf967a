import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  target: string;
  authorization: string;
  names: string[];
  decrypted: boolean;
}

/**
 * Answers GetParameters as AWS Systems Manager does (JSON 1.1: the operation in X-Amz-Target, the version in the content
 * type), from memory and on loopback.
 */
export interface SsmStandIn {
  readonly url: string;
  readonly parameters: Map<string, string>;
  readonly asked: Asked[];
  /** Instead of an answer. */
  misbehave: ((response: ServerResponse) => void) | null;
  close(): void;
}

export async function startSsmStandIn(): Promise<SsmStandIn> {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as { Names: string[]; WithDecryption: boolean };
    standIn.asked.push({
      target: String(request.headers['x-amz-target']),
      authorization: String(request.headers.authorization),
      names: body.Names,
      decrypted: body.WithDecryption,
    });
    if (standIn.misbehave) return standIn.misbehave(response);
    const found = body.Names.filter((name) => standIn.parameters.has(name));
    answer(response, 200, {
      Parameters: found.map((Name) => ({
        Name,
        Type: 'SecureString',
        Value: standIn.parameters.get(Name),
        Version: 1,
      })),
      InvalidParameters: body.Names.filter((name) => !standIn.parameters.has(name)),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: SsmStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    parameters: new Map(),
    asked: [],
    misbehave: null,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return standIn;
}

export function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
