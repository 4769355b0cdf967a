import { OtlpDecodeError } from '../../otlp/index.ts';
import { SpoolUnavailable } from '../spool/group-queue.ts';

/** A request that is not taken, with the HTTP status that says why. */
export class Refusal extends Error {
  readonly status: number;
  /** Given where the same request may be taken later. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @returns undefined for what is a bug of ours */
export function toRefusal(error: Error): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof OtlpDecodeError) return new Refusal(400, `the body is not OTLP: ${error.message}`);
  if (error instanceof SpoolUnavailable) {
    return error.reason === 'busy'
      ? new Refusal(429, error.message, 1)
      : new Refusal(503, 'the spool cannot be written', 5);
  }
  return undefined;
}

export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `the body is larger than ${maxBytes} bytes uncompressed`);
}

export function tooMany(): Refusal {
  return new Refusal(429, 'too many requests at one time', 1);
}

/** Nobody is left to read it. */
export function senderGone(): Refusal {
  return new Refusal(400, 'the sender went away');
}
