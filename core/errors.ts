import { types } from 'node:util';

/** Exit codes of the command line. */
export const EXIT = { success: 0, failed: 1, usage: 2, internal: 3 } as const;

/**
 * An error that a person will read: what is wrong, and what to do about it.
 * `code` is stable and greppable, e.g. `PORT_IN_USE`.
 */
export class RingdownError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: string, message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RingdownError';
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.internal;
  }
}

/** Turns whatever was thrown into an Error; one of another realm, such as a worker's or a test's, is one too. */
export function toError(thrown: unknown): Error {
  return types.isNativeError(thrown) ? thrown : new Error(String(thrown));
}
