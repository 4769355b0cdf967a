import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

type Json = Record<string, unknown>;

interface Reply {
  status: number;
  /** Text is sent as it is. */
  body: Json | string;
  headers?: Record<string, string>;
}

/** What becomes of one document, instead of being taken. */
export interface Verdict {
  status: number;
  type: string;
  reason: string;
}

/**
 * A stand-in for Elasticsearch: takes templates and bulk requests of `create` actions as the server documents them, and
 * refuses as it is told. It does not search.
 * @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
export class ElasticsearchStandIn {
  /** Stream → id → document. */
  readonly streams = new Map<string, Map<string, Json>>();
  readonly templates = new Map<string, Json>();
  /** Method and path of every request, and what it was sent with. */
  readonly requests: { line: string; headers: IncomingMessage['headers']; bytes: number }[] = [];
  /** Of `Authorization`, when one is wanted. */
  authorization: string | undefined;
  /** `http.max_content_length`, 100 MB by default. */
  maxContentLength = 100 * 2 ** 20;
  /** Answers the whole request instead of reading it. */
  answer: (line: string) => Reply | undefined = () => undefined;
  /** Judges each document before it is stored. */
  judge: (document: Json, id: string) => Verdict | undefined = () => undefined;
  #server: Server | undefined;
  #port = 0;

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  documents(): Json[] {
    return [...this.streams.values()].flatMap((stream) => [...stream.values()]);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      // The sender gave up.
      return;
    }
    const sent = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const url = new URL(request.url!, this.url);
    const line = `${request.method} ${url.pathname}`;
    this.requests.push({ line, headers: request.headers, bytes: body.length });
    const reply = this.#reply(line, url, request.headers, body);
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    response.writeHead(reply.status, {
      'content-type': 'application/vnd.elasticsearch+json;compatible-with=9',
      'x-elastic-product': 'Elasticsearch',
      ...reply.headers,
    });
    response.end(text);
  }

  #reply(line: string, url: URL, headers: IncomingMessage['headers'], body: Buffer): Reply {
    if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      return failure(401, 'security_exception', 'unable to authenticate');
    }
    const answer = this.answer(line);
    if (answer) return answer;
    // Netty closes such a request with an empty 413; the status is what counts.
    if (body.length > this.maxContentLength) return { status: 413, body: {} };
    if (line === 'POST /_bulk') return this.#bulk(url, headers, body);
    const [method, path] = line.split(' ') as [string, string];
    if (/^\/_data_stream\/[^/]+\/_lifecycle$/.test(path)) return { status: 200, body: { acknowledged: true } };
    if (!/^\/_(component|index)_template\//.test(path)) return failure(400, 'illegal_argument_exception', 'no handler');
    if (method === 'PUT') {
      this.templates.set(path, JSON.parse(body.toString()));
      return { status: 200, body: { acknowledged: true } };
    }
    const stored = this.templates.get(path);
    if (!stored) return failure(404, 'resource_not_found_exception', `${path} not found`);
    const kind = path.startsWith('/_component') ? 'component_template' : 'index_template';
    return { status: 200, body: { [`${kind}s`]: [{ name: path.split('/').at(-1), [kind]: stored }] } };
  }

  #bulk(url: URL, headers: IncomingMessage['headers'], body: Buffer): Reply {
    if (!/^application\/(vnd\.elasticsearch\+)?x-ndjson/.test(headers['content-type'] ?? '')) {
      return failure(406, 'media_type_header_exception', `Content-Type [${headers['content-type']}] is not supported`);
    }
    if (body.at(-1) !== 0x0a) {
      return failure(400, 'illegal_argument_exception', 'The bulk request must be terminated by a newline [\\n]');
    }
    const lines = new TextDecoder('utf-8', { fatal: true }).decode(body).split('\n').slice(0, -1);
    const items: Json[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const { _index, _id } = (JSON.parse(lines[at]!) as { create: { _index: string; _id: string } }).create;
      items.push({ create: this.#create(_index, _id, lines[at + 1]!, url) });
    }
    const errors = items.some(({ create }) => (create as { error?: unknown }).error !== undefined);
    return { status: 200, body: filtered(url, errors, items) };
  }

  #create(index: string, id: string, line: string, url: URL): Json {
    const refuse = ({ status, type, reason }: Verdict) => ({ _index: index, _id: id, status, error: { type, reason } });
    if (Buffer.byteLength(id) > 512) {
      return refuse({
        status: 400,
        type: 'illegal_argument_exception',
        reason: `id is too long, must be no longer than 512`,
      });
    }
    const isStream = /^(traces|metrics|logs)-[^A-Z\\/*?"<>|,#:\s-]{1,100}-[^A-Z\\/*?"<>|,#:\s-]{1,100}$/.test(index);
    if (!isStream && url.searchParams.get('require_data_stream') === 'true') {
      return refuse({ status: 404, type: 'index_not_found_exception', reason: `no such index [${index}]` });
    }
    const document = JSON.parse(line) as Json;
    const verdict = this.judge(document, id);
    if (verdict) return refuse(verdict);
    if (!/^(19[789]|20|21|22[0-5]|226[01])\d*-.*Z$/.test(String(document['@timestamp']))) {
      const reason = `[1:15] failed to parse field [@timestamp] of type [date_nanos] in document with id '${id}'.`;
      return refuse({ status: 400, type: 'document_parsing_exception', reason });
    }
    const stream = this.streams.get(index) ?? new Map<string, Json>();
    this.streams.set(index, stream);
    if (stream.has(id)) {
      const reason = `[${id}]: version conflict, document already exists (current version [1])`;
      return refuse({ status: 409, type: 'version_conflict_engine_exception', reason });
    }
    stream.set(id, document);
    return { _index: index, _id: id, status: 201 };
  }
}

/** As `filter_path` would: what nothing is left of is left out. */
function filtered(url: URL, errors: boolean, items: Json[]): Json {
  if (url.searchParams.get('filter_path')?.includes('items.create.status')) return { errors, items };
  const failed = items.flatMap(({ create }) => {
    const { error } = create as { error?: { type: string } };
    return error ? [{ create: { error: { type: error.type } } }] : [];
  });
  return { errors, ...(failed.length > 0 ? { items: failed } : {}) };
}

function failure(status: number, type: string, reason: string): Reply {
  return { status, body: { error: { type, reason }, status } };
}
