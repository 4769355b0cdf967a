import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Clock } from '../../../../core/clock.ts';
import type { PeerCertificate } from '../../http/certificate.ts';
import { type ConnectPhases, ignore } from '../../http/connector.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { addressOf, type Target } from '../../http/target.ts';
import { connect, explain, stopped, type Unconnected } from '../connect.ts';
import type { ProtocolContext } from '../protocol.ts';
import { Deframer, type FramingProblem, frame } from './framing.ts';
import { decodeMessage, statusOfHttp, UNKNOWN } from './status.ts';

/** An HTTP/2 connection that carries calls. */
export interface Channel {
  readonly target: Target;
  readonly session: ClientHttp2Session;
  readonly phases: ConnectPhases;
  readonly certificate: PeerCertificate | null;
}

export interface Call {
  /** `package.Service/Method` */
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent one after the other; then the client's half is closed. */
  readonly messages: readonly Uint8Array[];
}

export interface Called {
  /** null: there is an error instead. */
  readonly status: number | null;
  readonly message: string;
  /** Headers and trailers; names in lower case. */
  readonly headers: Record<string, string | string[]>;
  readonly messages: readonly Buffer[];
  readonly error: ExchangeError | null;
  readonly sent: number;
  readonly firstByte: number | null;
}

/** Nobody reads a list that is longer. */
const MOST_MESSAGES = 10_000;

/** Opens a channel: HTTP/2 by ALPN in TLS, by prior knowledge without. */
export async function openChannel(target: Target, context: ProtocolContext): Promise<Channel | Unconnected> {
  const connected = await connect(target, context, target.secure ? ['h2'] : null);
  if ('error' in connected) return connected;
  const { socket, phases, certificate } = connected;
  if (target.secure && (socket as { alpnProtocol?: unknown }).alpnProtocol !== 'h2') {
    socket.destroy();
    const message = `${addressOf(target)} does not speak HTTP/2, which gRPC needs`;
    return {
      error: { kind: 'network', code: 'NOT_GRPC', message, hint: 'is it the port of the gRPC server?' },
      phases,
    };
  }
  const session = connectHttp2(`${target.secure ? 'https' : 'http'}://${authorityOf(target)}`, {
    createConnection: () => socket,
    settings: { enablePush: false },
  });
  // Every call hears of it through its own stream.
  session.on('error', ignore);
  return { target, session, phases, certificate };
}

/** Calls a method and collects what comes. Never rejects. */
export function call(
  { session, target }: Channel,
  { method, headers, messages }: Call,
  { abort, bodyLimitBytes, clock }: { abort: AbortSignal; bodyLimitBytes: number; clock: Clock },
): Promise<Called> {
  return new Promise((resolve) => {
    const peer = addressOf(target);
    const received = new Deframer(bodyLimitBytes, MOST_MESSAGES);
    const fields: Record<string, string | string[]> = {};
    let sent = clock.monotonic();
    let firstByte: number | null = null;
    let http: number | null = null;
    let failure: ExchangeError | null = null;

    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      abort.removeEventListener('abort', stop);
      const outcome = failure ? null : outcomeOf(fields, http, received.rest);
      const ended = { status: null, message: '', error: failure ?? broken(peer, http), ...outcome };
      resolve({ ...ended, headers: fields, messages: received.messages, sent, firstByte });
    };
    const stop = () => {
      failure ??= stopped(abort, { words: `${peer} did not answer`, hint: 'is the service overloaded?' });
      // Others may be calling over the same connection; whether this one is heard is not waited for.
      stream?.close(constants.NGHTTP2_CANCEL);
      end();
    };
    let stream: ClientHttp2Stream | null = null;
    if (abort.aborted || session.destroyed) {
      failure = abort.aborted ? stopped(abort, { words: `${peer} was not asked`, hint: null }) : broken(peer, null);
      end();
      return;
    }
    abort.addEventListener('abort', stop, { once: true });

    stream = session.request({
      ':method': 'POST',
      ':path': `/${method}`,
      ':authority': authorityOf(target),
      te: 'trailers',
      'content-type': 'application/grpc+proto',
      'grpc-accept-encoding': 'identity,gzip',
      ...headers,
    });
    const take = (more: IncomingHttpHeaders) => {
      for (const [name, value] of Object.entries(more)) {
        if (value !== undefined && !name.startsWith(':')) fields[name] = value;
      }
    };
    stream.on('response', (head) => {
      firstByte ??= clock.monotonic();
      http = Number(head[':status']);
      take(head);
    });
    stream.on('trailers', take);
    stream.on('data', (chunk: Buffer) => {
      // What is not gRPC is an error page: its status says enough.
      if (failure || !isGrpc(fields)) return;
      const problem = received.take(chunk, String(fields['grpc-encoding'] ?? 'identity'));
      if (!problem) return;
      failure = explainFraming(problem, peer, bodyLimitBytes);
      stream?.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => {
      failure ??= explainStream(error, target, firstByte !== null);
    });
    stream.on('close', end);
    for (const message of messages) stream.write(frame(message));
    stream.end();
    sent = clock.monotonic();
  });
}

function outcomeOf(
  fields: Called['headers'],
  http: number | null,
  rest: number,
): Pick<Called, 'status' | 'message' | 'error'> | null {
  const written = fields['grpc-status'];
  if (written !== undefined && rest === 0) {
    const code = Number(written);
    const status = Number.isInteger(code) && code >= 0 ? code : UNKNOWN;
    return { status, message: decodeMessage(String(fields['grpc-message'] ?? '')), error: null };
  }
  if (http === null || (http === 200 && isGrpc(fields))) return null;
  const type = String(fields['content-type'] ?? 'no content type');
  return { status: statusOfHttp(http), message: `HTTP status ${http} with ${type}, which is not gRPC`, error: null };
}

function isGrpc(fields: Called['headers']): boolean {
  return String(fields['content-type'] ?? '').startsWith('application/grpc');
}

/** The stream ended, and nothing said how the call went. */
function broken(peer: string, http: number | null): ExchangeError {
  const message =
    http === null
      ? `${peer} closed the connection before it answered`
      : `${peer} ended its answer in the middle, without a gRPC status`;
  return {
    kind: 'network',
    code: http === null ? 'CONNECTION_RESET' : 'BODY_TRUNCATED',
    message,
    hint: 'did the service crash or restart?',
  };
}

function explainFraming(problem: FramingProblem, peer: string, limitBytes: number): ExchangeError {
  switch (problem.kind) {
    case 'invalid':
      return {
        kind: 'network',
        code: 'INVALID_RESPONSE',
        message: `${peer} breaks gRPC framing: ${problem.message}`,
        hint: null,
      };
    case 'too_many': {
      const message = `${peer} streamed more than ${MOST_MESSAGES} messages`;
      return { kind: 'response_limit', code: 'TOO_MANY_MESSAGES', message, hint: 'ask for less' };
    }
    case 'too_large': {
      const limit = `${Math.round((limitBytes / 2 ** 20) * 10) / 10} MiB`;
      const message = `the answer of ${peer} is larger than ${limit}`;
      return { kind: 'response_limit', code: 'RESPONSE_TOO_LARGE', message, hint: 'ask for less' };
    }
  }
}

function explainStream(error: Error, target: Target, answered: boolean): ExchangeError {
  const code = String((error as { code?: unknown }).code ?? '');
  const peer = addressOf(target);
  if (code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_SESSION_ERROR') {
    const message = `${peer} does not speak HTTP/2, which gRPC needs: ${error.message}`;
    return { kind: 'network', code: 'NOT_GRPC', message, hint: 'is it the port of the gRPC server?' };
  }
  if (code === 'ERR_HTTP2_STREAM_ERROR') {
    const message = `${peer} cancelled the call: ${error.message.replace(/^Stream closed with error code NGHTTP2_/, '')}`;
    return { kind: 'network', code: 'CONNECTION_RESET', message, hint: null };
  }
  return explain(error, target, answered ? 'download' : 'wait');
}

function authorityOf(target: Target): string {
  return addressOf(target);
}
