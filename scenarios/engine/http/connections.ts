import type { Socket } from 'node:net';
import { type PeerCertificate, peerCertificate } from './certificate.ts';
import { type ConnectionSettings, connectionKey } from './connection.ts';
import { dial, isTls, type Network, type Reader } from './connector.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { NoHttp2 } from './no-http2.ts';
import type { Passage } from './passage.ts';
import { isForwarded, proxyOf } from './proxy.ts';
import { type RequestParts, requestMessage } from './request-head.ts';
import type { Target } from './target.ts';

/** A request that is about to go over a connection. */
export interface Sending {
  readonly target: Target;
  readonly settings: ConnectionSettings;
  readonly request: RequestParts;
  /** Of the response's body, before decoding. */
  readonly limitBytes: number;
}

/** Of the kinds that HTTP/1.1 and HTTP/2 have in common. */
interface Connection {
  readonly free: boolean;
  destroy(): void;
}

/** Requests that wait for the same HTTP/2 connection. */
interface Waiting {
  readonly sendings: Map<Passage, Sending>;
  cancel(): void;
}

/**
 * The connections of one run by target and settings. A free one is used again, otherwise a new one is made: as many as
 * there are exchanges at a time with HTTP/1.1, one for all of them with HTTP/2.
 */
export class Connections {
  readonly #network: Network;
  readonly #open = new Map<string, Connection[]>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Whether a connection is there to be used again. */
  has(target: Target, settings: ConnectionSettings): boolean {
    return this.#free(keyOf(target, settings)) !== undefined;
  }

  /** Sends over a free connection or, where there is none or `fresh` asks for it, over a new one. */
  send(sending: Sending, passage: Passage, fresh: boolean): void {
    const key = keyOf(sending.target, sending.settings);
    const known = fresh ? undefined : this.#free(key);
    if (known) sendOver(known, sending, passage);
    else if (sending.settings.http === '2') this.#sendLater(key, sending, passage);
    else this.#sendFirst(key, sending, passage);
  }

  /** Cuts them all. */
  destroy(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    for (const list of this.#open.values()) for (const connection of [...list]) connection.destroy();
    this.#open.clear();
  }

  #sendFirst(key: string, sending: Sending, passage: Passage): void {
    const connection = new Http1Connection(this.#network.clock, () => this.#remove(key, connection));
    this.#add(key, connection);
    let dialling = true;
    const { phases, cancel } = this.#dial(sending, HTTP1, connection, (error, socket) => {
      dialling = false;
      if (!socket) {
        connection.destroy();
        passage.fail(error ?? NO_CONNECTION, this.#network.clock.monotonic());
        return;
      }
      connection.attach(socket, certificateOf(socket, sending.target));
      sendOver(connection, sending, passage);
    });
    passage.phases = phases;
    if (!dialling) return;
    passage.cancel = () => {
      cancel();
      connection.destroy();
    };
  }

  #sendLater(key: string, sending: Sending, passage: Passage): void {
    let waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.sendings.set(passage, sending);
    } else {
      const sendings = new Map([[passage, sending]]);
      let dialling = true;
      const { phases, cancel } = this.#dial(sending, HTTP2, null, (error, socket) => {
        dialling = false;
        this.#waiting.delete(key);
        if (!socket) {
          for (const one of sendings.keys()) one.fail(error ?? NO_CONNECTION, this.#network.clock.monotonic());
          return;
        }
        const certificate = certificateOf(socket, sending.target);
        const { origin } = sending.target;
        const { clock } = this.#network;
        const connection = new Http2Connection(clock, socket, origin, certificate, () => this.#remove(key, connection));
        this.#add(key, connection);
        for (const [one, its] of sendings) if (!one.over) sendOver(connection, its, one);
      });
      waiting = { sendings, cancel };
      passage.phases = phases;
      if (!dialling) return;
      this.#waiting.set(key, waiting);
    }
    const { sendings, cancel } = waiting;
    passage.phases ??= sendings.keys().next().value?.phases ?? null;
    passage.cancel = () => {
      sendings.delete(passage);
      if (sendings.size > 0) return;
      this.#waiting.delete(key);
      cancel();
    };
  }

  #dial(
    { target, settings }: Sending,
    alpn: string[],
    reader: Reader | null,
    done: (error: Error | null, socket: Socket | null) => void,
  ) {
    const options = { target, settings, alpn, ...(reader && { reader }) };
    return dial(this.#network, options, (error, socket) => {
      if (socket && alpn === HTTP2 && isTls(socket) && socket.alpnProtocol !== 'h2') {
        socket.destroy();
        done(new NoHttp2(), null);
      } else done(error, socket);
    });
  }

  #free(key: string): Connection | undefined {
    return this.#open.get(key)?.find(({ free }) => free);
  }

  #add(key: string, connection: Connection): void {
    const list = this.#open.get(key);
    if (list) list.push(connection);
    else this.#open.set(key, [connection]);
  }

  #remove(key: string, connection: Connection): void {
    const list = this.#open.get(key);
    const at = list?.indexOf(connection) ?? -1;
    if (at >= 0) list!.splice(at, 1);
  }
}

const NO_CONNECTION = { kind: 'closed', detail: 'before an answer' } as const;
const HTTP1 = ['http/1.1'];
const HTTP2 = ['h2'];

/** A proxy that is handed requests whole may speak TLS for an http target; its certificate is not the target's. */
function certificateOf(socket: Socket, { secure }: Target): PeerCertificate | null {
  return secure && isTls(socket) ? peerCertificate(socket) : null;
}

function keyOf({ origin }: Target, settings: ConnectionSettings): string {
  return origin + connectionKey(settings);
}

function sendOver(connection: Connection, { target, settings, request, limitBytes }: Sending, passage: Passage): void {
  if (connection instanceof Http2Connection) {
    connection.send(request, limitBytes, passage);
    return;
  }
  const { pathname, search, host } = request.url;
  let message: string | Buffer;
  if (isForwarded(target, settings)) {
    const authorization = proxyOf(settings.proxy!)?.authorization;
    const more = authorization ? `proxy-authorization: ${authorization}\r\n` : '';
    message = requestMessage(request, `http://${host}${pathname}${search}`, more);
  } else message = requestMessage(request, pathname + search);
  (connection as Http1Connection).send(message, request.method, limitBytes, passage);
}
