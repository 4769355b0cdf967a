import { toError } from '../../core/errors.ts';
import type { Signal } from '../exporter.ts';
import { HttpSender, retryAfterMs } from '../http/send.ts';
import { outcomeOf, type RequestOutcome } from './answer.ts';

export interface OtlpEndpointOptions {
  /** Base URL; `/v1/traces`, `/v1/metrics` and `/v1/logs` are joined to it. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Compresses requests of 1 KiB and more. */
  gzip?: boolean;
  /** PEM of the authorities to trust instead of the system's. */
  ca?: string;
  connections?: number;
}

export type Sent = RequestOutcome & { retryAfterMs?: number };

const PATHS: Record<Signal, string> = { traces: '/v1/traces', metrics: '/v1/metrics', logs: '/v1/logs' };
const HEADERS = { 'content-type': 'application/x-protobuf', 'user-agent': 'ringdown' };

/** One OTLP/HTTP destination (OTLP 1.x, binary protobuf). */
export class OtlpEndpoint {
  readonly #sender: HttpSender;
  readonly #shown: string;

  constructor({ url, headers, gzip, ca, connections }: OtlpEndpointOptions) {
    this.#sender = new HttpSender({
      url,
      ...(headers ? { headers } : {}),
      ...(gzip === undefined ? {} : { gzip }),
      ...(ca === undefined ? {} : { ca }),
      connections: connections ?? 4,
      maxAnswerBytes: 64 * 1024,
    });
    this.#shown = shown(url);
  }

  /** Never rejects: no answer, and `abort`, are `unavailable`. @param nowMs Unix milliseconds, for Retry-After as a date */
  async send(signal: Signal, body: Uint8Array, nowMs: number, abort: AbortSignal): Promise<Sent> {
    try {
      const path = PATHS[signal];
      const answer = await this.#sender.send({ method: 'POST', path, headers: HEADERS, body }, abort);
      const outcome = outcomeOf(answer, this.#shown + path);
      const after = retryAfterMs(answer, nowMs);
      return after === undefined ? outcome : { ...outcome, retryAfterMs: after };
    } catch (thrown) {
      return { kind: 'unavailable', error: toError(thrown) };
    }
  }

  close(): void {
    this.#sender.close();
  }
}

/** Without what may be secret. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}
