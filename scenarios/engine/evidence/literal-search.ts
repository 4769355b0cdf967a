import { CUT } from '../shortened.ts';

/** The shortest text that can be searched for. */
export const SHORTEST_LITERAL = 4;
const SLOTS = 4_096;
/** Tables of searches that are over, all zero: memory outside the heap costs more to get than to clean. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 64;
/**
 * Characters that are compared, in all and for each one that is read. Texts that begin alike, and bodies full of such
 * beginnings, take more; a service that is out for that does not get the time of the thread.
 */
const MOST_COMPARED = 10_000_000;
const COMPARED_A_CHARACTER = 4;

/**
 * Finds any of many texts in one pass over another one. A table says for each four characters, by a hash that moves along with
 * them, whether one of the texts may begin so; nearly everywhere it says no. Unlike a regular expression of them all,
 * there is nothing to compile, which would cost a run more than its requests.
 */
export class LiteralSearch {
  readonly #begins = spare.pop() ?? new Uint8Array(SLOTS);
  readonly #bySlot = new Map<number, string[]>();
  #left = MOST_COMPARED;

  /** @param literal of SHORTEST_LITERAL characters or more */
  add(literal: string): void {
    const slot = slotOf(literal);
    const others = this.#bySlot.get(slot);
    if (!others) {
      this.#begins[slot] = 1;
      this.#bySlot.set(slot, [literal]);
    } else if (!others.includes(literal)) {
      // The longest first, so that nothing of it is left over.
      const at = others.findIndex((other) => other.length < literal.length);
      others.splice(at < 0 ? others.length : at, 0, literal);
    }
  }

  /**
   * Puts `replacement` in the place of each of the texts, the first and longest at any place, and of the beginning of one
   * where the rest was cut off.
   * @returns `text` itself where there is none; null where it would take too long to find out
   */
  replace(text: string, replacement: string): string | null {
    const begins = this.#begins;
    const lastCut = text.lastIndexOf(CUT);
    this.#left += text.length * COMPARED_A_CHARACTER;
    let replaced = '';
    let kept = 0;
    let first = 0;
    let hash = 0;
    for (let at = 0; at < text.length; at++) {
      hash = ((hash << 3) ^ text.charCodeAt(at)) & (SLOTS - 1);
      if (begins[hash] === 0) continue;
      const start = at - (SHORTEST_LITERAL - 1);
      if (start < first) continue;
      const length = this.#lengthAt(text, start, hash, start < lastCut);
      if (this.#left < 0) return null;
      if (length === 0) continue;
      replaced += text.slice(kept, start) + replacement;
      kept = first = start + length;
      at = first - 1;
    }
    return kept === 0 ? text : replaced + text.slice(kept);
  }

  /** Gives back what the search holds; it must not be used any more. */
  release(): void {
    for (const slot of this.#bySlot.keys()) this.#begins[slot] = 0;
    this.#bySlot.clear();
    if (spare.length < MOST_SPARE) spare.push(this.#begins);
  }

  #lengthAt(text: string, start: number, slot: number, mayBeCut: boolean): number {
    let cut = 0;
    for (const literal of this.#bySlot.get(slot)!) {
      const most = Math.min(literal.length, text.length - start);
      let same = 0;
      while (same < most && text.charCodeAt(start + same) === literal.charCodeAt(same)) same++;
      this.#left -= same + 1;
      if (same === literal.length) return same;
      if (mayBeCut && same >= SHORTEST_LITERAL && same > cut && text.startsWith(CUT, start + same)) cut = same;
      if (this.#left < 0) return 0;
    }
    return cut;
  }
}

function slotOf(literal: string): number {
  let hash = 0;
  for (let at = 0; at < SHORTEST_LITERAL; at++) hash = ((hash << 3) ^ literal.charCodeAt(at)) & (SLOTS - 1);
  return hash;
}
