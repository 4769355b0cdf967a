import type { SignalAnswer, SignalQuestion } from '../rules/signal.ts';

/** What a rule was answered at one of its turns. */
export interface AskedQuestion {
  question: SignalQuestion;
  /** Wall-clock milliseconds of the turn. */
  at: number;
  /** Until the next turn. */
  every_ms: number;
  /** Null: it could not be asked. */
  answer: SignalAnswer | null;
}

/** A stretch of history, encoded; see `encodeSegment`. */
export interface StoredSegment {
  /** Wall-clock milliseconds of its first and its last turn. */
  from: number;
  to: number;
  body: Uint8Array;
}

/**
 * Where history lies; implemented by storage. Segments come back in the order in which they were appended. Each of its
 * methods rejects when the disk does not do what it should; nothing else comes of that.
 */
export interface AnswerHistory {
  append(segment: StoredSegment): Promise<void>;
  /**
   * Segments that reach into [from, to]; null stands for one that is damaged.
   * @param from wall-clock milliseconds, as `to`
   */
  between(from: number, to: number): AsyncIterable<StoredSegment | null>;
  /** Gives up what is older, and the oldest of what takes up too much room. @param before wall-clock milliseconds */
  prune(before: number): Promise<void>;
}

/** Of questions that rules ask again and again. */
const keys = new WeakMap<SignalQuestion, string>();

/** Two rules that ask the same have the same key, however their files put it. */
export function questionKey(question: SignalQuestion): string {
  let key = keys.get(question);
  if (key === undefined) {
    key = JSON.stringify(question, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    );
    keys.set(question, key);
  }
  return key;
}
