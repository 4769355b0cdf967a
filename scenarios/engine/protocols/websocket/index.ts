import { createExchange, type HeaderFields } from '../../exchange.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { addressOf, parseTarget, type Target } from '../../http/target.ts';
import { templateFailure } from '../../template-failure.ts';
import { joinUrl } from '../base-url.ts';
import { type Connected, connect, explain, stopped, timingsOf, unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { converse } from './conversation.ts';
import { shakeHands } from './handshake.ts';
import type { Inbox } from './inbox.ts';
import { captured, check, compile, keys, type WebSocketSpec } from './spec.ts';

/** A conversation over WebSocket (RFC 6455). */
export const protocol = defineProtocol<WebSocketSpec>({
  kind: 'websocket',
  key: 'websocket',
  keys,
  defaultExpect: { status: 101 },
  captured,
  check,
  compile,
  describe: ({ route }) => ({ method: 'WS', route }),
  perform,
});

/** In the words of the URL policy; the URL itself is not repeated, since it holds a password. */
const CREDENTIALS: ExchangeError = {
  kind: 'refused_target',
  code: 'TARGET_REFUSED',
  message: 'a URL with a user name or password in it is refused',
  hint: 'write them as a header: headers: { authorization: … }',
};

async function perform(spec: WebSocketSpec, context: ProtocolContext): Promise<Performed> {
  const { clock, fill } = context;
  const start = clock.monotonic();
  const path = fill.text(spec.url);
  const subprotocol = spec.subprotocol && fill.text(spec.subprotocol);
  const headers: Record<string, string> = { traceparent: context.traceparent };
  for (const { name, value } of spec.headers) headers[name] = fill.text(value);
  const own = headers['user-agent'];
  headers['user-agent'] = own === undefined ? context.userAgent : `${context.userAgent} ${own}`;
  const nothing = (error: ExchangeError): Performed => ({ request: null, exchange: null, timings: null, error });
  if (fill.error) return nothing(templateFailure(fill.error));
  const url = webSocketUrl(context.baseUrl, path);
  const target = url && parseTarget(`${url.protocol}//${url.host}`);
  if (url && (url.username !== '' || url.password !== '')) return nothing(CREDENTIALS);
  if (!url || !target) {
    const hint = 'write a path that begins with /, or a whole ws:// or wss:// URL';
    return nothing(unusable(`${JSON.stringify(path)} is not the URL of a WebSocket`, hint));
  }

  const request: SentRequest = { method: 'WS', url: url.href, headers, body: null };
  const connected = await connect(target, context);
  if ('error' in connected) {
    const timings = timingsOf(connected.phases, { start, sent: null, firstByte: null, end: clock.monotonic() });
    return { request, exchange: null, timings, error: connected.error };
  }
  return await overConnection(spec, { request, url, subprotocol, target, connected, start }, context);
}

interface Beginning {
  readonly request: SentRequest;
  readonly url: URL;
  readonly subprotocol: string | null;
  readonly target: Target;
  readonly connected: Connected;
  /** Monotonic. */
  readonly start: number;
}

async function overConnection(
  { messages }: WebSocketSpec,
  { request, url, subprotocol, target, connected, start }: Beginning,
  context: ProtocolContext,
): Promise<Performed> {
  const { abort, bodyLimitBytes, clock } = context;
  const { phases, socket } = connected;
  const peer = addressOf(target);
  const sent = clock.monotonic();
  const opening = { url, headers: request.headers, subprotocol, limitBytes: bodyLimitBytes };
  const opened = await shakeHands(socket, opening, abort);
  const firstByte = clock.monotonic();
  const timings = () => timingsOf(phases, { start, sent, firstByte, end: clock.monotonic() });
  const exchange = (status: number, headers: HeaderFields, body: Buffer) =>
    createExchange({
      request,
      response: { status, httpVersion: '1.1', headers, body },
      timings: timings(),
      at: clock.now(),
      certificate: connected.certificate,
    });
  switch (opened.kind) {
    case 'stopped': {
      const error = stopped(abort, {
        words: `${peer} did not answer the handshake`,
        hint: 'is the service overloaded?',
      });
      return { request, exchange: null, timings: timings(), error };
    }
    case 'failed':
      return { request, exchange: null, timings: timings(), error: explainHandshake(opened.error, target) };
    case 'refused': {
      const seen = exchange(opened.status, opened.headers, opened.body);
      return { request, exchange: seen, timings: seen.timings, error: null };
    }
    case 'open': {
      const spoken = await converse(opened.webSocket, opened.inbox, messages, peer, context);
      const body = Buffer.from(JSON.stringify(received(opened.inbox)));
      const seen = exchange(101, { ...opened.headers, 'content-type': 'application/json' }, body);
      return {
        request: { ...request, body: spoken.sent.length > 0 ? JSON.stringify(spoken.sent) : null },
        exchange: seen,
        assertions: spoken.assertions,
        timings: seen.timings,
        error: spoken.error,
      };
    }
  }
}

/** http and https stand for their counterparts, so that base_url serves both. */
function webSocketUrl(baseUrl: string, path: string): URL | null {
  const url = joinUrl(baseUrl, path);
  const made = url && URL.parse(url.href.replace(/^http/, 'ws'));
  if (!made || !/^wss?:$/.test(made.protocol)) return null;
  made.hash = '';
  return made;
}

/** Texts as they came, bytes in base64. */
function received({ messages }: Inbox): unknown[] {
  return messages.map(({ bytes, binary }) => (binary ? { base64: bytes.toString('base64') } : bytes.toString('utf8')));
}

function explainHandshake(error: Error, target: Target): ExchangeError {
  const code = String((error as { code?: unknown }).code ?? '');
  if (error instanceof SyntaxError || code.startsWith('ERR_INVALID')) {
    const message = `the handshake cannot be sent: ${error.message}`;
    return { kind: 'network', code: 'INVALID_REQUEST', message, hint: 'check headers and subprotocol of the step' };
  }
  // The library's own words, which have no code.
  if (code === '') {
    const message = `${addressOf(target)} breaks the WebSocket handshake: ${error.message}`;
    return { kind: 'network', code: 'INVALID_RESPONSE', message, hint: 'is there a WebSocket at this path?' };
  }
  return explain(error, target, 'wait');
}
