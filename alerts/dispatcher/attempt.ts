import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import { toError } from '../../core/errors.ts';

/** Our patience ended; what the other side did is unknown. */
export class NoAnswer extends Error {}

/**
 * Makes one attempt within its time. Never rejects: a notifier that throws or hangs is an attempt that did not work.
 * @param abort ends the attempt early, at shutdown
 */
export async function attemptWithin(
  clock: Clock,
  ms: number,
  abort: AbortSignal,
  attempt: (abort: AbortSignal) => Promise<Delivery>,
): Promise<Delivery> {
  const timeout = new AbortController();
  const done = new AbortController();
  const expiry: Promise<Delivery> = clock.timer(ms, done.signal).then(
    () => {
      const error = new NoAnswer(`no answer within ${ms / 1_000} s`);
      timeout.abort(error);
      return { status: 'retryable', error };
    },
    // The attempt ended first; nobody looks at this any more.
    (reason) => ({ status: 'retryable', error: toError(reason) }),
  );
  const stopped = new Promise<Delivery>((resolve) => {
    const stop = () => resolve({ status: 'retryable', error: toError(abort.reason) });
    if (abort.aborted) stop();
    else abort.addEventListener('abort', stop, { once: true, signal: done.signal });
  });
  const answer = Promise.resolve()
    .then(() => attempt(AbortSignal.any([abort, timeout.signal])))
    .catch((thrown): Delivery => ({ status: 'retryable', error: toError(thrown) }));
  try {
    return await Promise.race([answer, expiry, stopped]);
  } finally {
    done.abort(new Error('the attempt has ended'));
  }
}
