import { type PeerCertificate, peerCertificate } from './certificate.ts';
import { type ConnectionSettings, connectionKey } from './connection.ts';
import { dial, isTls, type Network } from './connector.ts';
import { Http1Connection } from './http1-connection.ts';
import type { Passage } from './passage.ts';
import type { Target } from './target.ts';

/** A request as it goes over a connection. */
export interface Sending {
  readonly target: Target;
  readonly settings: ConnectionSettings;
  readonly method: string;
  readonly message: string | Buffer;
  readonly limitBytes: number;
}

/**
 * The connections of one run by target and settings: a free one is used again, otherwise a new one is made. As many as
 * there are exchanges at a time.
 */
export class Connections {
  readonly #network: Network;
  readonly #open = new Map<string, Http1Connection[]>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Whether a connection is there to be used again. */
  has(target: Target, settings: ConnectionSettings): boolean {
    return this.#free(target, settings) !== undefined;
  }

  /** Sends over a free connection or, where there is none or `fresh` asks for it, over a new one. */
  send(sending: Sending, passage: Passage, fresh = false): void {
    const { target, settings, method, message, limitBytes } = sending;
    const known = fresh ? undefined : this.#free(target, settings);
    if (known) {
      known.send(message, method, limitBytes, passage);
      return;
    }
    const list = this.#list(target, settings);
    const { clock } = this.#network;
    const connection = new Http1Connection(clock, () => {
      const at = list.indexOf(connection);
      if (at >= 0) list.splice(at, 1);
    });
    list.push(connection);
    const dialing = dial(this.#network, { target, settings, alpn: ALPN, reader: connection }, (error, socket) => {
      if (error || !socket) {
        connection.destroy();
        passage.fail(error ?? new Error('no connection'), clock.monotonic());
        return;
      }
      connection.attach(socket, certificateOf(socket));
      connection.send(message, method, limitBytes, passage);
    });
    passage.phases = dialing.phases;
    if (passage.sentAt !== null || passage.over) return;
    passage.cancel = () => {
      dialing.cancel();
      connection.destroy();
    };
  }

  /** Cuts them all. */
  destroy(): void {
    for (const list of this.#open.values()) for (const connection of [...list]) connection.destroy();
    this.#open.clear();
  }

  #free(target: Target, settings: ConnectionSettings): Http1Connection | undefined {
    return this.#open.get(target.origin + connectionKey(settings))?.find(({ free }) => free);
  }

  #list(target: Target, settings: ConnectionSettings): Http1Connection[] {
    const key = target.origin + connectionKey(settings);
    const known = this.#open.get(key);
    if (known) return known;
    const list: Http1Connection[] = [];
    this.#open.set(key, list);
    return list;
  }
}

const ALPN = ['http/1.1'];

function certificateOf(socket: Parameters<typeof isTls>[0]): PeerCertificate | null {
  return isTls(socket) ? peerCertificate(socket) : null;
}
