import type { SignalAnswer, SignalQuestion } from '../rules/signal.ts';
import { holdsUntil } from './coverage.ts';
import { questionKey, type StoredSegment } from './history.ts';
import { decodeSegment, type Turn } from './segment.ts';

/** A turn and its replay are the same moment to within this, which is less than two turns are ever apart. */
const SAME_MOMENT_MS = 400;
/** Turns may have been answered, and therefore stored, so much later than others. */
const ANSWERED_WITHIN_MS = 15_000;

/**
 * What was answered, read again in the order of time; what is past is let go of, so that a month takes no more memory
 * than a day.
 */
export class RecordedAnswers {
  readonly #segments: AsyncIterator<StoredSegment | null>;
  readonly #turns = new Map<string, Turn[]>();
  readonly #wanted: ReadonlySet<string>;
  #readTo = Number.NEGATIVE_INFINITY;

  /**
   * @param segments in the order of time
   * @param wanted keys of questions that will be asked
   */
  constructor(segments: AsyncIterable<StoredSegment | null>, wanted: ReadonlySet<string>) {
    this.#segments = segments[Symbol.asyncIterator]();
    this.#wanted = wanted;
  }

  /** Whether what was answered at this moment has been read already. */
  hasReached(at: number): boolean {
    return this.#readTo > at + ANSWERED_WITHIN_MS;
  }

  /** Reads on until what was answered at this moment is known. @param at wall-clock milliseconds, never less than before */
  async reach(at: number): Promise<void> {
    while (!this.hasReached(at)) {
      const { done, value } = await this.#segments.next();
      if (done) {
        this.#readTo = Number.POSITIVE_INFINITY;
        return;
      }
      const segment = value && (await decodeSegment(value.body));
      if (!segment) continue;
      this.#readTo = Math.max(this.#readTo, value.from);
      for (const [key, turns] of segment.turns) {
        if (!this.#wanted.has(key)) continue;
        const known = this.#turns.get(key) ?? [];
        const inOrder = (known.at(-1)?.at ?? Number.NEGATIVE_INFINITY) <= turns[0]!.at;
        known.push(...turns);
        // Segments overlap a little, and a clock may have been set back.
        if (!inOrder) known.sort((a, b) => a.at - b.at);
        forgetBefore(known, at);
        this.#turns.set(key, known);
      }
    }
  }

  /**
   * What the question was answered at the turn that lies at this moment, or at the last one before that still stands.
   * @param at that was reached; never less than before
   * @returns undefined where nothing is recorded; null where it could not be asked
   */
  at(question: SignalQuestion, at: number): SignalAnswer | null | undefined {
    const turns = this.#turns.get(questionKey(question));
    if (!turns) return undefined;
    forgetBefore(turns, at);
    const [turn] = turns;
    return turn && turn.at <= at + SAME_MOMENT_MS && at < holdsUntil(turn) ? turn.answer : undefined;
  }
}

/** All but the turn that stands at this moment, and those after it. */
function forgetBefore(turns: Turn[], at: number): void {
  let past = 0;
  while (past + 1 < turns.length && turns[past + 1]!.at <= at + SAME_MOMENT_MS) past++;
  if (past > 0) turns.splice(0, past);
}
