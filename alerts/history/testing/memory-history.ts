import type { AnswerHistory, AskedQuestion, StoredSegment } from '../history.ts';
import { encodeSegment } from '../segment.ts';

/** History in memory, whose disk a test can take away, and whose segments it can damage. */
export class MemoryHistory implements AnswerHistory {
  readonly segments: (StoredSegment | null)[] = [];
  readonly pruned: number[] = [];
  trouble: string | null = null;

  async append(segment: StoredSegment): Promise<void> {
    if (this.trouble !== null) throw new Error(this.trouble);
    this.segments.push(segment);
  }

  async *between(from: number, to: number): AsyncGenerator<StoredSegment | null> {
    for (const segment of this.segments) {
      if (segment === null || (segment.to >= from && segment.from <= to)) yield segment;
    }
  }

  async prune(before: number): Promise<void> {
    this.pruned.push(before);
  }

  /** Keeps what was asked, a segment for each minute. */
  async keep(life: number, asked: readonly AskedQuestion[]): Promise<void> {
    for (const own of Map.groupBy(asked, ({ at }) => Math.floor(at / 60_000)).values()) {
      const [from, to] = [Math.min(...own.map(({ at }) => at)), Math.max(...own.map(({ at }) => at))];
      this.segments.push({ from, to, body: await encodeSegment(life, own) });
    }
  }
}
