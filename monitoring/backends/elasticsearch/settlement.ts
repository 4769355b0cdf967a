import type { Exported, Rejection, Signal, SpoolRecord } from '../../exporter.ts';
import type { Delivered } from './bulk.ts';
import type { Encoded } from './encode/bulk-body.ts';

/** Adds up what became of the records of one batch. */
export class Settlement {
  readonly #accepted: Partial<Record<Signal, number>> = {};
  readonly #rejected: Rejection[] = [];
  readonly #retry = new Set<SpoolRecord>();
  #error: Error | undefined;
  #retryAfterMs: number | undefined;

  /** The whole record, for good. */
  reject({ signal, items, position }: SpoolRecord, reason: string): void {
    this.#rejected.push({ signal, count: items, reason, position });
  }

  retry(record: SpoolRecord, error: Error): void {
    this.#retry.add(record);
    this.#error ??= error;
  }

  /** @param delivered of the body that the records are in */
  take(records: readonly Encoded[], delivered: Delivered): void {
    if (delivered.error) this.#error ??= delivered.error;
    if (delivered.retryAfterMs !== undefined) {
      this.#retryAfterMs = Math.max(this.#retryAfterMs ?? 0, delivered.retryAfterMs);
    }
    for (const encoded of records) {
      if (delivered.retry.size > 0 && hasOne(delivered.retry, encoded)) this.#retry.add(encoded.record);
      else this.#settle(encoded, delivered.rejected);
    }
  }

  #settle({ record, from, to, items }: Encoded, rejected: ReadonlyMap<number, string>): void {
    const { signal, position } = record;
    const reasons = new Map<string, number>();
    if (rejected.size > 0) {
      for (let document = from; document < to; document++) {
        const reason = rejected.get(document);
        if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    let left = items;
    const refused = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    for (const [reason, documents] of reasons) {
      // A document of StatsD lines holds several of them, one of a summary a part of one.
      const share = refused === to - from ? Math.ceil((items * documents) / refused) : documents;
      const count = Math.min(left, share);
      left -= count;
      if (count > 0) this.#rejected.push({ signal, count, reason, position });
    }
    if (left > 0) this.#accepted[signal] = (this.#accepted[signal] ?? 0) + left;
    const malformed = record.items - items;
    if (malformed > 0) this.#rejected.push({ signal, count: malformed, reason: 'malformed', position });
  }

  /** @param end of the batch */
  finish(end: number): Exported {
    const exported: Exported = { accepted: this.#accepted, rejected: this.#rejected };
    if (this.#retry.size > 0) {
      const records = [...this.#retry].sort((a, b) => a.position - b.position);
      exported.retry = { records, end };
      exported.error = this.#error ?? new Error('asked to come again');
      if (this.#retryAfterMs !== undefined) exported.retryAfterMs = this.#retryAfterMs;
    }
    return exported;
  }
}

function hasOne(documents: ReadonlySet<number>, { from, to }: Encoded): boolean {
  for (let document = from; document < to; document++) if (documents.has(document)) return true;
  return false;
}
