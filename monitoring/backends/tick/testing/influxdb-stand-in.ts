import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Point, parseLines } from './parse-lines.ts';

interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * A stand-in for InfluxDB's writing half: takes line protocol as 1.x, 2 and 3 do, holds points by series and time, and
 * answers partial writes, unknown databases and bodies that are too large in their documented words. It answers no
 * queries but those of provisioning.
 */
export class InfluxdbStandIn {
  url = '';
  /** Series and time → point: what is written again overwrites. */
  readonly points = new Map<string, Point>();
  readonly databases = new Set<string>();
  /** What was asked of it: `POST /write`. */
  readonly requests: { line: string; authorization: string | undefined }[] = [];
  /** Answers in place of its own, one for each write. */
  readonly replies: Reply[] = [];
  /** Decides which points are refused, and how it says so. */
  refuses: ((point: Point) => string | undefined) | undefined;
  maxBodyBytes = 25_000_000;
  isHeld = false;
  #server: Server | undefined;
  #port = 0;

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  find(measurement: string, field: string, value: string): Point[] {
    return [...this.points.values()].filter(
      (point) => point.measurement === measurement && point.fields[field] === value,
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    this.requests.push({ line: `${request.method} ${url.pathname}`, authorization: request.headers.authorization });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.isHeld) return;
    const raw = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
    const { status, body: answer, headers } = this.#reply(url, request, body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(answer === undefined ? undefined : JSON.stringify(answer));
  }

  #reply(url: URL, request: IncomingMessage, body: string): Reply {
    const { pathname } = url;
    if (pathname === '/query') {
      // 1.x takes compressed bodies of writes only.
      if (request.headers['content-encoding'])
        return { status: 400, body: { error: 'missing required parameter "q"' } };
      return this.#provision(new URLSearchParams(body).get('q') ?? '');
    }
    if (pathname === '/write' || pathname === '/api/v3/write_lp')
      return this.#write(url.searchParams.get('db'), body, 400);
    if (pathname === '/api/v2/write') return this.#write(url.searchParams.get('bucket'), body, 422);
    if (pathname === '/api/v3/configure/database') {
      const { db } = JSON.parse(body) as { db: string };
      if (this.databases.has(db))
        return { status: 409, body: { error: 'attempted to create a resource that already exists' } };
      this.databases.add(db);
      return { status: 200 };
    }
    if (pathname === '/api/v2/orgs')
      return { status: 200, body: { orgs: [{ id: '0a', name: url.searchParams.get('org') }] } };
    if (pathname === '/api/v2/buckets') return this.#bucket(url, request.method, body);
    if (pathname === '/api/v2/dbrps') return { status: request.method === 'POST' ? 201 : 200, body: { content: [] } };
    return { status: 404, body: { error: 'not found' } };
  }

  #bucket(url: URL, method: string | undefined, body: string): Reply {
    if (method === 'POST') {
      const { name } = JSON.parse(body) as { name: string };
      this.databases.add(name);
      return { status: 201, body: { id: '0b', name } };
    }
    const name = url.searchParams.get('name') ?? '';
    return { status: 200, body: { buckets: this.databases.has(name) ? [{ id: '0b', name }] : [] } };
  }

  #provision(q: string): Reply {
    const created = /^CREATE DATABASE "(.*)"$/.exec(q);
    if (created) this.databases.add(created[1]!);
    const values = q === 'SHOW DATABASES' ? [...this.databases].map((name) => [name]) : [];
    return { status: 200, body: { results: [{ statement_id: 0, series: [{ columns: ['name'], values }] }] } };
  }

  #write(database: string | null, body: string, partial: number): Reply {
    const planned = this.replies.shift();
    if (planned) return planned;
    if (Buffer.byteLength(body) > this.maxBodyBytes)
      return { status: 413, body: { error: 'Request Entity Too Large' } };
    if (!this.databases.has(database ?? ''))
      return { status: 404, body: { error: `database not found: "${database}"` } };
    const read = parseLines(body);
    const errors = read.flatMap((point) => ('error' in point ? [point.error] : []));
    const good = read.flatMap((point) => ('error' in point ? [] : [point]));
    if (good.length === 0 && errors.length > 0) return { status: 400, body: { error: errors.join('\n') } };
    let dropped = 0;
    let why: string | undefined;
    for (const point of good) {
      const refusal = this.refuses?.(point);
      if (refusal === undefined) this.points.set(keyOf(point), point);
      else {
        dropped++;
        why = refusal;
      }
    }
    if (why !== undefined) return { status: partial, body: { error: `partial write: ${why} dropped=${dropped}` } };
    if (errors.length > 0) return { status: 400, body: { error: `partial write: ${errors.join('\n')} dropped=0` } };
    return { status: 204 };
  }
}

function keyOf({ measurement, tags, time }: Point): string {
  return JSON.stringify([measurement, Object.entries(tags).sort(), String(time)]);
}
