import type { Clock } from '../../core/clock.ts';

/** Whoever else has something to do in this process waits for so long at most, and for one part of the work. */
const TURN_MS = 10;
const AT_ONCE = 50;

/**
 * Does something to each of many, such as ten thousand open incidents, without keeping runs, pages and answers from
 * their turn: after some milliseconds everybody else goes first.
 * @param work is given some dozens at a time; the first of them at once
 * @param abort ends it between two turns
 * @returns when what every part promised has come true
 */
export async function inTurns<T>(
  clock: Clock,
  all: readonly T[],
  work: (part: readonly T[]) => Promise<unknown>,
  abort: AbortSignal,
): Promise<void> {
  const promised: Promise<unknown>[] = [];
  let began = clock.monotonic();
  for (let from = 0; from < all.length; from += AT_ONCE) {
    promised.push(work(all.slice(from, from + AT_ONCE)));
    if (clock.monotonic() - began < TURN_MS || from + AT_ONCE >= all.length) continue;
    await clock.timer(1, abort).catch(() => undefined);
    if (abort.aborted) break;
    began = clock.monotonic();
  }
  await Promise.all(promised);
}
