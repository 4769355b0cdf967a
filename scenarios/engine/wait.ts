import type { Clock } from '../../core/clock.ts';

/** Resolves after a time, or as soon as the signal says so: whoever waits has to look at the signal. Never rejects. */
export async function waitOr(clock: Clock, ms: number, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return;
  try {
    await clock.timer(ms, abort);
  } catch {
    // Aborted, which the caller sees in the signal.
  }
}
