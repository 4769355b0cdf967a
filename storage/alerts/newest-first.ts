import type { PageOf } from '../../alerts/alert-store.ts';

/** Where a list goes on: the time and id of the last row given. RFC 3339 in UTC with milliseconds sorts as text. */
export interface Mark {
  at: string;
  id: string;
}

/** @returns undefined when the cursor is absent or not one of ours */
export function readCursor(cursor: string | undefined): Mark | undefined {
  const [, at, id] = /^([^|]+)\|([^|]+)$/.exec(cursor ?? '') ?? [];
  return at && id ? { at, id } : undefined;
}

/** Makes a page of rows of which one more than `limit` was asked for. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  mark: (row: Row) => Mark,
  item: (row: Row) => Item,
): PageOf<Item> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const end = last && mark(last);
  return { items: rows.slice(0, limit).map(item), next_cursor: end ? `${end.at}|${end.id}` : null };
}
