import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Description } from '../openapi/document.ts';
import { type Operation, operationsOf, successStatus } from '../openapi/operations.ts';
import { sample } from '../openapi/sample.ts';
import { readStructure } from '../structure.ts';

export interface DescribedService {
  readonly url: string;
  /** `METHOD /path/{template}` of every request that it answered with success. */
  readonly answered: Set<string>;
  /** What was wrong with the others. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/**
 * A service that answers as its description says, with values made from the schemas. It refuses a request without the
 * credentials or with a JSON body that its schema does not accept, and knows no member before it was made nor after it
 * was removed.
 * @param judgeBodies only for OpenAPI 3.1, whose schemas are JSON Schema 2020-12
 */
export async function startDescribedService(text: string, judgeBodies: boolean): Promise<DescribedService> {
  const root = readStructure(text)!.value as Record<string, unknown>;
  const description = new Description(root, () => null);
  const routes = operationsOf(description).map((operation) => ({
    operation,
    pattern: new RegExp(`^${operation.path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^{}]+\}/g, '([^/]+)')}/?$`),
  }));
  // A fixed path stands before one with a parameter.
  routes.sort((a, b) => (a.operation.path.match(/\{/g)?.length ?? 0) - (b.operation.path.match(/\{/g)?.length ?? 0));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  // `nullable` is left over from OpenAPI 3.0 and no keyword of 3.1.
  const schemas = JSON.parse(JSON.stringify(root, (key, value) => (key === 'nullable' ? undefined : value)));
  if (judgeBodies) ajv.addSchema(schemas, 'doc');
  const answered = new Set<string>();
  const complaints: string[] = [];
  const removed = new Set<string>();

  const server: Server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = request.url!.split('?')[0]!;
      const route = routes.find(({ operation, pattern }) => operation.method === request.method && pattern.test(path));
      const refuse = (status: number, why: string) => {
        complaints.push(`${request.method} ${path}: ${why}`);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(why);
      };
      if (!route) return refuse(404, 'no such operation');
      const problem = problemOf(route.operation, request, body);
      if (problem) return refuse(400, problem);
      if (request.method === 'POST') for (const gone of [...removed]) if (gone.startsWith(path)) removed.delete(gone);
      if (removed.has(path)) return refuse(404, 'it was removed');
      if (request.method === 'DELETE') removed.add(path);
      answered.add(`${route.operation.method} ${route.operation.path}`);
      answer(route.operation, response);
    });
  });

  function problemOf({ written, path, method }: Operation, request: IncomingMessage, body: string): string | null {
    const security = Array.isArray(written.security)
      ? written.security
      : Array.isArray(root.security)
        ? root.security
        : [];
    if (
      security.length > 0 &&
      !request.headers.authorization &&
      !Object.keys(request.headers).some((name) => /key/.test(name)) &&
      !/key/.test(request.url!)
    )
      return 'no credentials';
    if (!judgeBodies || !/json/.test(request.headers['content-type'] ?? '')) return null;
    const token = (part: string) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));
    const media = description.field(description.field(written, 'requestBody'), 'content');
    const type = Object.keys(media).find((name) => /json/.test(name));
    if (type === undefined || written.requestBody === undefined || '$ref' in (written.requestBody as object))
      return null;
    const validate = ajv.compile({
      $ref: `doc#/paths/${token(path)}/${method.toLowerCase()}/requestBody/content/${token(type)}/schema`,
    });
    return validate(JSON.parse(body)) ? null : ajv.errorsText(validate.errors);
  }

  function answer(operation: Operation, response: import('node:http').ServerResponse): void {
    const responses = description.field(operation.written, 'responses');
    const code = successStatus(operation, description) ?? '200';
    const written = description.field(
      responses,
      Object.keys(responses).find((key) => key.toLowerCase() === code) ?? 'default',
    );
    const status = /^\d+$/.test(code) ? Number(code) : 200;
    const [type, media] =
      description.entries(written.content).find(([name]) => /json/.test(name)) ??
      description.entries(written.content)[0] ??
      [];
    for (const [name, header] of description.entries(written.headers))
      if (header.required === true)
        response.setHeader(
          name,
          String(sample(header.schema ?? {}, description, { direction: 'response', generators: false })),
        );
    if (type === undefined || status === 204) return void response.writeHead(status).end();
    const [named] = description.entries(media?.examples);
    const value =
      media && 'example' in media
        ? media.example
        : named && 'value' in named[1]
          ? named[1].value
          : sample(media?.schema ?? {}, description, { direction: 'response', generators: false });
    response
      .writeHead(status, { 'content-type': type.replace('*/*', 'application/json') })
      .end(/json|\*/.test(type) ? JSON.stringify(value) : String(value));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered,
    complaints,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
