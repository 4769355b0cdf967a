import { isIP } from 'node:net';
import { formatDuration } from '../../../core/units.ts';
import { type ConnectPhases, RefusedTarget } from './connector.ts';
import { type ExchangeError, explainNetworkError } from './network-error.ts';
import type { Passage } from './passage.ts';
import type { ResponseProblem } from './response-parser.ts';
import { addressOf, type Target } from './target.ts';
import { TimeUp } from './time-up.ts';

/** Puts into words why a request has no answer. */
export function explainFailure(
  { failure, phase, phases, receivedBytes, expectedBytes }: Passage,
  target: Target,
  limitBytes: number,
): ExchangeError {
  const host = hostOf(target);
  if (failure instanceof TimeUp) {
    const limit = formatDuration(failure.limitMs);
    if (phase === 'connect') return timeout(connectTimedOut(target, phases, limit));
    const waiting = phase === 'wait';
    return timeout({
      message: waiting
        ? `${host} did not answer within ${limit}`
        : `the body from ${host} was not complete within ${limit}: ${receivedBytes} bytes came`,
      hint: waiting ? 'is the service overloaded, or waiting for something itself?' : null,
    });
  }
  if (failure instanceof Stopped) return STOPPED;
  if (failure instanceof RefusedTarget) return refused(failure);
  if (isProblem(failure) && failure.kind === 'body_too_large') return tooLarge(host, limitBytes, '');
  return explainNetworkError(failure, {
    target: host,
    hostname: target.hostname,
    phase,
    receivedBytes,
    expectedBytes,
  });
}

/** As explainFailure, for a connection that was to carry no HTTP. */
export function explainConnect(error: Error, target: Target, phases: ConnectPhases): ExchangeError {
  if (error instanceof TimeUp) return timeout(connectTimedOut(target, phases, formatDuration(error.limitMs)));
  if (error instanceof Stopped) return STOPPED;
  if (error instanceof RefusedTarget) return refused(error);
  const progress = { target: hostOf(target), hostname: target.hostname, receivedBytes: 0, expectedBytes: null };
  return explainNetworkError(error, { ...progress, phase: 'connect' });
}

/** What an exchange ends with when its signal is aborted for another reason than time. */
export class Stopped extends Error {}

export function abortReason(abort: AbortSignal): TimeUp | Stopped {
  return abort.reason instanceof TimeUp ? abort.reason : new Stopped('the run was stopped');
}

export function tooLarge(host: string, limitBytes: number, when: string): ExchangeError {
  const limit = `${Math.round((limitBytes / 2 ** 20) * 10) / 10} MiB`;
  return {
    kind: 'response_limit',
    code: 'RESPONSE_TOO_LARGE',
    message: `the body of ${host} is larger than ${limit}${when && ` ${when}`}`,
    hint: 'ask for less, a page for example',
  };
}

/** `host:port` without the port that goes without saying. */
function hostOf(target: Target): string {
  return target.origin.replace(/^[^/]*\/\//, '') || addressOf(target);
}

const STOPPED: ExchangeError = { kind: 'network', code: 'ABORTED', message: 'the run was stopped', hint: null };

const timeout = (words: { message: string; hint: string | null }): ExchangeError => ({
  kind: 'timeout',
  code: 'TIMEOUT',
  ...words,
});

const refused = ({ refusal }: RefusedTarget): ExchangeError => ({
  kind: 'refused_target',
  code: 'TARGET_REFUSED',
  ...refusal,
});

const isProblem = (failure: Passage['failure']): failure is ResponseProblem =>
  failure !== null && !(failure instanceof Error);

function connectTimedOut(target: Target, phases: ConnectPhases | null, limit: string) {
  const host = hostOf(target);
  if (phases?.connectMs === null && phases.dnsMs === null && !isIP(target.hostname)) {
    return { message: `the name ${target.hostname} was not looked up within ${limit}`, hint: 'check the name server' };
  }
  if (phases && phases.connectMs !== null && target.secure) {
    return {
      message: `${host} took the connection and did not finish the TLS handshake within ${limit}`,
      hint: 'does the port speak TLS, and is the service overloaded?',
    };
  }
  return { message: `${host} did not accept the connection within ${limit}`, hint: 'check route and firewall' };
}
