import { Buffer } from 'node:buffer';
import type { EventDocument } from './documents.ts';
import { quote } from './insights.ts';

/** Where a list goes on: after the event with this rank and id. */
export interface Place {
  rank: string | number;
  id: string;
}

export function writeCursor({ rank, id }: Place): string {
  return Buffer.from(JSON.stringify([rank, id])).toString('base64url');
}

/** @throws Error when the list did not give it out */
export function readCursor(cursor: string): Place {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  const [rank, id] = Array.isArray(parts) ? parts : [];
  if ((typeof rank !== 'string' && typeof rank !== 'number') || typeof id !== 'string') {
    throw new Error('the cursor is not one that this list gave out');
  }
  return { rank, id };
}

/** Condition for what stands after a place, with the field in falling order. */
export function after(field: 'time' | 'duration_ms', { rank, id }: Place): string {
  const value = typeof rank === 'number' ? String(rank) : quote(rank);
  return `(${field} < ${value} or (${field} = ${value} and event_id < ${quote(id)}))`;
}

export function placeOf(field: 'time' | 'duration_ms', document: EventDocument): Place {
  return { rank: document[field] ?? 0, id: document.event_id };
}

/** Falling, then by id: the order of `after`. */
export function inOrder(field: 'time' | 'duration_ms') {
  return (a: EventDocument, b: EventDocument): number => {
    const [left, right] = [a[field] ?? 0, b[field] ?? 0];
    if (left !== right) return left > right ? -1 : 1;
    return a.event_id > b.event_id ? -1 : a.event_id < b.event_id ? 1 : 0;
  };
}
