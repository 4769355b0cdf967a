import { Buffer } from 'node:buffer';

type Place = (string | number)[];

/** A place in a list, as Elasticsearch sorts it: opaque outside. */
export function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * @param kinds what each part must be
 * @throws Error when the text is not a cursor that this list gave out
 */
export function readCursor(cursor: string, kinds: readonly ('string' | 'number')[]): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && place.length === kinds.length) {
      if (place.every((part, index) => typeof part === kinds[index])) return place;
    }
  } catch {
    // Said below.
  }
  throw new Error('the cursor is not one that this list gave out');
}
