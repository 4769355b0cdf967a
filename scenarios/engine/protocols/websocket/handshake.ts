import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { ignore } from '../../http/connector.ts';
import { Inbox } from './inbox.ts';

export interface Opening {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocol: string | null;
  /** Of a message, and of a refusal's body. */
  readonly limitBytes: number;
}

export type Opened =
  | {
      readonly kind: 'open';
      readonly webSocket: WebSocket;
      readonly inbox: Inbox;
      readonly headers: IncomingHttpHeaders;
    }
  /** The server answered as to any HTTP request. */
  | { readonly kind: 'refused'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'stopped' };

/** Shakes hands over a connection that exists (RFC 6455 §4). Never rejects; the socket is cut unless it is open. */
export function shakeHands(socket: Socket, opening: Opening, abort: AbortSignal): Promise<Opened> {
  return new Promise((resolve) => {
    let webSocket: WebSocket | null = null;
    const end = (opened: Opened) => {
      abort.removeEventListener('abort', stop);
      if (opened.kind !== 'open') {
        webSocket?.removeAllListeners().on('error', ignore);
        socket.on('error', ignore);
        socket.destroy();
      }
      resolve(opened);
    };
    const stop = () => end({ kind: 'stopped' });
    if (abort.aborted) return stop();
    abort.addEventListener('abort', stop, { once: true });
    try {
      webSocket = new WebSocket(opening.url, opening.subprotocol === null ? [] : [opening.subprotocol], {
        createConnection: () => socket,
        headers: opening.headers,
        maxPayload: opening.limitBytes,
        followRedirects: false,
      });
    } catch (error) {
      // A header or subprotocol that cannot be sent.
      return end({ kind: 'failed', error: error as Error });
    }
    const inbox = new Inbox(webSocket, opening.limitBytes);
    let headers: IncomingHttpHeaders = {};
    webSocket.once('upgrade', (response) => {
      headers = response.headers;
    });
    webSocket.once('open', () => end({ kind: 'open', webSocket: webSocket!, inbox, headers }));
    webSocket.once('error', (error) => end({ kind: 'failed', error }));
    webSocket.once('unexpected-response', (_request, response) => {
      void bodyOf(response, opening.limitBytes).then((body) =>
        end({ kind: 'refused', status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
  });
}

/** As much of it as there is; a refusal is judged by its status. */
function bodyOf(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = () => resolve(Buffer.concat(chunks).subarray(0, limitBytes));
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limitBytes) end();
    });
    response.on('end', end).on('close', end).on('error', end);
  });
}
