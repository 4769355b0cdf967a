/** Rows of one table that are to go. */
interface Part<Row> {
  /** Rows of one transaction. */
  atOnce: number;
  /** So many of them; those that were removed are not found again. */
  find(limit: number): Promise<readonly Row[]>;
  remove(rows: readonly Row[]): Promise<unknown>;
}

/**
 * Deletes rows a few at a time, each in a transaction of its own: there is one connection, and whoever pages must not
 * wait behind a hundred thousand rows.
 * @returns how many were found and went, and whether it came to the end or was told to stop
 */
export async function deleteInParts<Row>(
  abort: AbortSignal,
  { atOnce, find, remove }: Part<Row>,
): Promise<{ removed: number; done: boolean }> {
  let removed = 0;
  while (!abort.aborted) {
    const rows = await find(atOnce);
    if (rows.length > 0) await remove(rows);
    removed += rows.length;
    if (rows.length < atOnce) return { removed, done: true };
  }
  return { removed, done: false };
}
