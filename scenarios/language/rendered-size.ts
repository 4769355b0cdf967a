/** Characters of a text that is made out of templates, and about as much of a structure. */
export const MOST_RENDERED = 10 * 2 ** 20;

/** What an entry of a list or mapping counts for besides its texts. */
const ENTRY = 8;

/** Whether a JSON value is too large to be written out. Looks no further than that, however often it holds the same part. */
export function isTooLarge(value: unknown): boolean {
  let left = MOST_RENDERED;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    left -= ENTRY;
    if (typeof next === 'string') left -= next.length;
    else if (Array.isArray(next)) for (const entry of next) waiting.push(entry);
    else if (typeof next === 'object' && next !== null) {
      for (const [key, entry] of Object.entries(next)) {
        left -= key.length;
        waiting.push(entry);
      }
    }
    if (left < waiting.length * ENTRY) return true;
  }
  return false;
}
