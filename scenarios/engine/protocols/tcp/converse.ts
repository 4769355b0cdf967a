import type { Socket } from 'node:net';
import type { Clock } from '../../../../core/clock.ts';
import { ignore } from '../../http/connector.ts';
import type { Wanted } from './spec.ts';

export interface Received {
  /** Also what came before something went wrong. */
  readonly bytes: Buffer;
  /** An error is what the socket threw. */
  readonly ended: 'enough' | 'closed' | 'too_large' | 'stopped' | Error;
  /** Monotonic; null where it did not come to it. */
  readonly sent: number | null;
  readonly firstByte: number | null;
}

interface Limits {
  readonly abort: AbortSignal;
  readonly clock: Clock;
  readonly limitBytes: number;
}

/** Sends, receives as much as is wanted, and closes. Never rejects. */
export function converse(
  socket: Socket,
  send: Uint8Array | null,
  wanted: Wanted | null,
  { abort, clock, limitBytes }: Limits,
): Promise<Received> {
  return new Promise((resolve) => {
    let sent: number | null = null;
    let firstByte: number | null = null;
    const answer = new Answer(wanted, limitBytes);
    const end = (ended: Received['ended']) => {
      abort.removeEventListener('abort', stop);
      socket.off('error', end).off('data', take).off('end', closed).off('close', closed);
      socket.on('error', ignore);
      socket.destroy();
      resolve({ bytes: answer.bytes(), ended, sent, firstByte });
    };
    const stop = () => end('stopped');
    const closed = () => end(wanted?.kind === 'close' ? 'enough' : 'closed');
    const take = (chunk: Buffer) => {
      firstByte ??= clock.monotonic();
      const state = answer.take(chunk);
      if (state !== 'more') end(state);
    };
    if (abort.aborted) return stop();
    abort.addEventListener('abort', stop, { once: true });
    socket.on('error', end).on('end', closed).on('close', closed);
    if (wanted) socket.on('data', take);
    const written = (error?: Error | null) => {
      if (error) return end(error);
      sent = clock.monotonic();
      if (!wanted) end('enough');
    };
    if (send) socket.write(send, written);
    else written();
  });
}

/** What has come, and whether it is enough. */
class Answer {
  readonly #chunks: Buffer[] = [];
  readonly #delimiter: Buffer | null;
  readonly #wantedBytes: number;
  readonly #limitBytes: number;
  #size = 0;
  /** The end of what came, in which a delimiter may have begun. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(wanted: Wanted | null, limitBytes: number) {
    this.#delimiter = wanted?.kind === 'until' ? Buffer.from(wanted.text) : null;
    this.#wantedBytes = wanted?.kind === 'bytes' ? wanted.count : Number.POSITIVE_INFINITY;
    this.#limitBytes = limitBytes;
  }

  take(chunk: Buffer): 'more' | 'enough' | 'too_large' {
    const end = this.#endIn(chunk);
    const kept = end === null ? chunk : chunk.subarray(0, end);
    const room = this.#limitBytes - this.#size;
    this.#chunks.push(kept.subarray(0, Math.max(0, room)));
    this.#size += kept.length;
    if (kept.length > room) return 'too_large';
    return end === null ? 'more' : 'enough';
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** How much of a chunk belongs to the answer that it completes; null where it does not. */
  #endIn(chunk: Buffer): number | null {
    if (this.#delimiter) {
      const joined = Buffer.concat([this.#tail, chunk]);
      const at = joined.indexOf(this.#delimiter);
      if (at >= 0) return at + this.#delimiter.length - this.#tail.length;
      this.#tail = joined.subarray(Math.max(0, joined.length - this.#delimiter.length + 1));
      return null;
    }
    return this.#size + chunk.length >= this.#wantedBytes ? this.#wantedBytes - this.#size : null;
  }
}
