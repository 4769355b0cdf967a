import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { PeerCertificate } from './certificate.ts';
import type { Passage } from './passage.ts';
import type { RequestParts } from './request-head.ts';
import type { HeaderFields } from './response-head.ts';

/** Fields of an HTTP/1.1 connection that mean nothing here (RFC 9113 §8.2.2). */
const OF_THE_CONNECTION = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const MOST_INTERIM = 100;
/** Names and values of one response. */
const MOST_FIELDS = 512;

/** One HTTP/2 connection (RFC 9113): any number of requests at a time. */
export class Http2Connection {
  readonly #clock: Clock;
  readonly #session: ClientHttp2Session;
  readonly #certificate: PeerCertificate | null;
  readonly #passages = new Set<Passage>();
  #over = false;
  #error: Error | null = null;

  /** @param closed called once, when nothing can be sent over it any more */
  constructor(clock: Clock, socket: Socket, origin: string, certificate: PeerCertificate | null, closed: () => void) {
    this.#clock = clock;
    this.#certificate = certificate;
    this.#session = connectHttp2(origin, {
      createConnection: () => socket,
      settings: { enablePush: false },
      maxHeaderListPairs: MOST_FIELDS,
    });
    const end = () => {
      if (this.#over) return;
      this.#over = true;
      closed();
    };
    this.#session.on('error', (error: Error) => {
      this.#error = error;
      end();
    });
    this.#session.on('goaway', end);
    this.#session.on('close', () => {
      end();
      for (const passage of [...this.#passages]) this.#fail(passage, this.#error ?? CLOSED);
    });
  }

  get free(): boolean {
    return !this.#over && !this.#session.closed && !this.#session.destroyed;
  }

  send({ method, url, headers, body }: RequestParts, limitBytes: number, passage: Passage): void {
    const fields: Record<string, string> = {
      ':method': method,
      ':scheme': url.protocol.slice(0, -1),
      ':authority': headers.host ?? url.host,
      ':path': url.pathname + url.search,
    };
    for (const name in headers) {
      const lower = name.toLowerCase();
      if (!OF_THE_CONNECTION.has(lower)) fields[lower] = headers[name]!;
    }
    passage.certificate = this.#certificate;
    passage.sentAt = this.#clock.monotonic();
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(fields, { endStream: body === null });
    } catch (error) {
      // The session may have ended in this very moment; node:http2 says so by throwing.
      passage.fail(error as Error, this.#clock.monotonic());
      return;
    }
    this.#passages.add(passage);
    passage.cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    this.#receive(stream, method, limitBytes, passage);
    if (body !== null)
      stream.end(typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length));
  }

  destroy(): void {
    this.#over = true;
    this.#session.destroy();
  }

  #receive(stream: ClientHttp2Stream, method: string, limitBytes: number, passage: Passage): void {
    const body = new BodyBuffer();
    let status = 0;
    let headers: HeaderFields = {};
    let interim = 0;
    const tooLarge = () => {
      this.#fail(passage, { kind: 'body_too_large', detail: '' });
      stream.close(constants.NGHTTP2_CANCEL);
    };
    stream.on('headers', () => {
      if (++interim <= MOST_INTERIM) return;
      this.#fail(passage, { kind: 'malformed', detail: `more than ${MOST_INTERIM} interim responses` });
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('response', (received) => {
      passage.touched = true;
      passage.headersAt = this.#clock.monotonic();
      status = received[':status'] ?? 0;
      headers = fieldsOf(received);
      const length = Number(headers['content-length']);
      const bodiless = method === 'HEAD' || status === 204 || status === 304;
      if (bodiless || !Number.isSafeInteger(length)) return;
      passage.expectedBytes = length;
      if (length > limitBytes) tooLarge();
    });
    stream.on('data', (chunk: Buffer) => {
      if (passage.over) return;
      passage.receivedBytes += chunk.length;
      if (passage.receivedBytes > limitBytes) tooLarge();
      else body.append(chunk, 0, chunk.length, chunk.length);
    });
    stream.on('end', () => {
      if (status === 0) return;
      const whole = passage.expectedBytes === null || passage.receivedBytes === passage.expectedBytes;
      // A connection that breaks ends its streams, too.
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || !whole) {
        this.#fail(passage, this.#error ?? CLOSED);
        return;
      }
      this.#passages.delete(passage);
      passage.succeed({ status, headers, httpVersion: '2', body: body.bytes() }, this.#clock.monotonic());
    });
    stream.on('error', (error: Error) => {
      // A refused stream was not looked at (RFC 9113 §8.7); any other one was.
      if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM && !this.#error) passage.touched = true;
      this.#fail(passage, this.#error ?? error);
    });
    stream.on('close', () => this.#fail(passage, this.#error ?? CLOSED));
  }

  #fail(passage: Passage, failure: NonNullable<Passage['failure']>): void {
    this.#passages.delete(passage);
    passage.fail(failure, this.#clock.monotonic());
  }
}

const CLOSED = { kind: 'closed', detail: 'before an answer' } as const;

function fieldsOf(received: Record<string, string | string[] | number | undefined>): HeaderFields {
  const fields: HeaderFields = {};
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(':') || value === undefined) continue;
    fields[name] = typeof value === 'number' ? String(value) : value;
  }
  return fields;
}
