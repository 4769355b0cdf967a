import type { InboundAlert } from './inbound.ts';

/** What a source said of one of its alerts. */
export interface Word {
  alert: InboundAlert;
  /** RFC 3339; of the change, by the sender's clock. */
  at: string;
  /** Wall-clock milliseconds, ours. */
  receivedAt: number;
  /** When it was last repeated, on monotonic time. */
  heard: number;
}

export type Verdict =
  /** `undo` forgets it again, unless something newer was heard. */
  { outcome: 'accepted'; undo(): void } | { outcome: 'repeated' | 'out_of_order' | 'unknown' | 'too_many' };

const MOST_FIRING = 50_000;
const MOST_ENDED = 20_000;

/**
 * For so long after an end a firing word that is older than the end is a latecomer. Later it counts: a system that
 * comes back tells of an alert with the time at which it first fired, and a page that is not rung is worse than one too
 * many.
 */
const LATECOMER_MS = 60_000;

/** What one source said last of each of its alerts; decides what is news. Bounded. */
export class SourceMemory {
  readonly expiresAfterMs: number | null;
  readonly #firing = new Map<string, Word>();
  /** In the order of their end. */
  readonly #ended = new Map<string, Word>();

  constructor(expiresAfterMs: number | null) {
    this.expiresAfterMs = expiresAfterMs;
  }

  /** @param known `complete`: what an earlier process heard is in here too, so that what is not known never was */
  hear(word: Word, known: { complete: boolean }): Verdict {
    return word.alert.state === 'firing' ? this.#hearFiring(word) : this.#hearEnd(word, known.complete);
  }

  /** What an earlier process heard, unless something was heard since. */
  recall(word: Word): void {
    const { key, state } = word.alert;
    if (this.#firing.has(key) || this.#ended.has(key)) return;
    if (state === 'firing') this.#firing.set(key, word);
    else this.#end(key, word);
  }

  /** Ends what was not repeated in time. */
  expire(monotonic: number, now: number): { alert: InboundAlert; at: string; undo(): void }[] {
    const limit = this.expiresAfterMs;
    if (limit === null) return [];
    return [...this.#firing.values()]
      .filter(({ heard }) => monotonic - heard >= limit)
      .map((word) => {
        const alert: InboundAlert = { ...word.alert, state: 'resolved' };
        const end = { alert, at: new Date(now).toISOString(), receivedAt: now, heard: monotonic };
        return { alert, at: end.at, undo: this.#replace(end, word) };
      });
  }

  #hearFiring(word: Word): Verdict {
    const { key } = word.alert;
    const before = this.#firing.get(key);
    if (before) {
      before.heard = word.heard;
      if (word.at === before.at && says(word.alert) === says(before.alert)) return { outcome: 'repeated' };
      if (isOlder(word, before)) return { outcome: 'out_of_order' };
      return { outcome: 'accepted', undo: this.#replace(word, before) };
    }
    const ended = this.#ended.get(key);
    if (ended && isOlder(word, ended) && word.receivedAt - ended.receivedAt < LATECOMER_MS) {
      return { outcome: 'out_of_order' };
    }
    if (this.#firing.size >= MOST_FIRING) return { outcome: 'too_many' };
    return { outcome: 'accepted', undo: this.#replace(word, ended) };
  }

  #hearEnd(word: Word, complete: boolean): Verdict {
    const { key } = word.alert;
    const before = this.#firing.get(key);
    if (before) {
      if (isOlder(word, before)) return { outcome: 'out_of_order' };
      return { outcome: 'accepted', undo: this.#replace(word, before) };
    }
    const known = this.#ended.has(key);
    // Remembered all the same: the beginning may be under way still.
    this.#end(key, word);
    if (known) return { outcome: 'repeated' };
    return complete ? { outcome: 'unknown' } : { outcome: 'accepted', undo: () => void this.#ended.delete(key) };
  }

  #replace(word: Word, before: Word | undefined): () => void {
    this.#put(word);
    return () => {
      const { key } = word.alert;
      if (this.#firing.get(key) !== word && this.#ended.get(key) !== word) return;
      this.#firing.delete(key);
      this.#ended.delete(key);
      if (before) this.#put(before);
    };
  }

  #put(word: Word): void {
    const { key, state } = word.alert;
    if (state === 'firing') {
      this.#ended.delete(key);
      this.#firing.set(key, word);
    } else {
      this.#firing.delete(key);
      this.#end(key, word);
    }
  }

  #end(key: string, word: Word): void {
    this.#ended.delete(key);
    this.#ended.set(key, word);
    if (this.#ended.size > MOST_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
  }
}

/** What came without a time is as new as its receipt, also after our clock was set back. */
function isOlder(word: Word, than: Word): boolean {
  return word.alert.at !== null && word.at < than.at;
}

/** What a page tells of it; a value that only moves in a label is not news. */
function says({ title, text, severity, service, environment }: InboundAlert): string {
  return JSON.stringify([title, text, severity, service, environment]);
}
