import type { Socket } from 'node:net';
import { formatDuration } from '../../../core/units.ts';
import type { Timings } from '../../run-result.ts';
import { type PeerCertificate, peerCertificate } from '../http/certificate.ts';
import type { ConnectionSettings } from '../http/connection.ts';
import { type ConnectPhases, type Dialing, dial, ignore, isTls } from '../http/connector.ts';
import { abortReason, explainConnect } from '../http/explain.ts';
import { type ExchangeError, explainNetworkError } from '../http/network-error.ts';
import { addressOf, parseTarget, type Target } from '../http/target.ts';
import { TimeUp } from '../http/time-up.ts';
import type { ProtocolContext } from './protocol.ts';

export interface Connected {
  readonly socket: Socket;
  readonly phases: ConnectPhases;
  /** null without TLS. */
  readonly certificate: PeerCertificate | null;
}

export interface Unconnected {
  readonly error: ExchangeError;
  readonly phases: ConnectPhases;
}

type ConnectContext = Pick<ProtocolContext, 'abort' | 'clock' | 'connection' | 'lookup' | 'policy'>;

/** Never seen: whoever gives no socket gives an error. */
const NO_CONNECTION = new Error('no connection');

/**
 * Connects to what the URL policy allows. Never rejects; the caller owns the socket, which nothing listens to yet.
 * @param alpn protocols to offer in TLS (RFC 7301)
 */
export function connect(
  target: Target,
  context: ConnectContext,
  alpn: string[] | null = null,
  settings: ConnectionSettings = context.connection,
): Promise<Connected | Unconnected> {
  const { abort } = context;
  const nothing: ConnectPhases = { dnsMs: null, connectMs: null, tlsMs: null };
  if (abort.aborted) {
    return Promise.resolve({ error: explainConnect(abortReason(abort), target, nothing), phases: nothing });
  }
  return new Promise((resolve) => {
    let dialing: Dialing | undefined;
    const cut = () => {
      dialing?.cancel();
      const phases = dialing?.phases ?? nothing;
      resolve({ error: explainConnect(abortReason(abort), target, phases), phases });
    };
    abort.addEventListener('abort', cut, { once: true });
    dialing = dial(context, { target, settings, alpn }, (error, socket) => {
      abort.removeEventListener('abort', cut);
      // The phases are known when `dial` has returned, which may be after this.
      queueMicrotask(() => {
        const phases = dialing?.phases ?? nothing;
        if (!socket) resolve({ error: explainConnect(error ?? NO_CONNECTION, target, phases), phases });
        else resolve({ socket, phases, certificate: isTls(socket) ? peerCertificate(socket) : null });
      });
      // Between here and there nobody else listens.
      socket?.on('error', ignore);
    });
  });
}

/**
 * @param address `host:port` as a step gives it
 * @returns null where it is none
 */
export function targetAt(scheme: string, address: string): Target | null {
  return parseTarget(`${scheme}://${address}`);
}

/** Puts what Node threw into words, `phase` being how far the exchange was. */
export function explain(
  thrown: unknown,
  target: Target,
  phase: 'connect' | 'wait' | 'download' = 'connect',
  receivedBytes = 0,
): ExchangeError {
  const { hostname } = target;
  return explainNetworkError(thrown, {
    target: addressOf(target),
    hostname,
    phase,
    receivedBytes,
    expectedBytes: null,
  });
}

/**
 * Why nothing more is waited for.
 * @param words what did not happen, as the beginning of a sentence: `example.com:443 did not answer`
 */
export function stopped(abort: AbortSignal, { words, hint }: { words: string; hint: string | null }): ExchangeError {
  const reason: unknown = abort.reason;
  if (reason instanceof TimeUp) {
    return { kind: 'timeout', code: 'TIMEOUT', message: `${words} within ${formatDuration(reason.limitMs)}`, hint };
  }
  return { kind: 'network', code: 'ABORTED', message: 'the run was stopped', hint: null };
}

/** A text that came out of a template and is not what its place needs. What stands before an @ may be a password. */
export function unusable(message: string, hint: string): ExchangeError {
  return { kind: 'template', code: 'UNUSABLE_TEMPLATE', message: message.replace(/[^\s"/]+@/g, '…@'), hint };
}

/** When things happened, in monotonic milliseconds; null for what did not. */
export interface Moments {
  readonly start: number;
  readonly sent: number | null;
  readonly firstByte: number | null;
  readonly end: number;
}

/** @param phases null on a connection that was there already */
export function timingsOf(phases: ConnectPhases | null, { start, sent, firstByte, end }: Moments): Timings {
  return {
    dns_ms: phases?.dnsMs ?? null,
    connect_ms: phases?.connectMs ?? null,
    tls_ms: phases?.tlsMs ?? null,
    first_byte_ms: sent === null || firstByte === null ? null : firstByte - sent,
    download_ms: firstByte === null ? null : end - firstByte,
    total_ms: end - start,
    connection_reused: phases === null && sent !== null,
  };
}
