import type { OverrideStore, StoredOverride } from '../override-store.ts';

/** Keeps overrides in memory; `broken` makes it reject. */
export class MemoryOverrides implements OverrideStore {
  rows: StoredOverride[] = [];
  broken: Error | null = null;

  async list(endingAfter: string): Promise<StoredOverride[]> {
    this.#answer();
    return this.rows.filter(({ ends_at }) => ends_at > endingAfter);
  }

  async put(override: StoredOverride): Promise<void> {
    this.#answer();
    const others = this.rows.filter(({ id }) => id !== override.id);
    this.rows = [...others, override].toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1));
  }

  async remove(id: string): Promise<void> {
    this.#answer();
    this.rows = this.rows.filter((row) => row.id !== id);
  }

  async prune(endedBefore: string): Promise<number> {
    this.#answer();
    const before = this.rows.length;
    this.rows = this.rows.filter(({ ends_at }) => ends_at >= endedBefore);
    return before - this.rows.length;
  }

  #answer(): void {
    if (this.broken) throw this.broken;
  }
}
