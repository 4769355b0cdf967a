import { SHORTEST_LITERAL } from './literal-search.ts';

const LONGEST = SHORTEST_LITERAL - 1;

/**
 * Puts `replacement` in the place of each of the words where it stands alone, the longest first. Takes the same time for
 * one word and for a thousand.
 * @param words shorter than SHORTEST_LITERAL
 */
export function replaceWords(text: string, words: ReadonlySet<string>, replacement: string): string {
  let replaced = '';
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    if (at > kept && isWord(text, at - 1)) continue;
    const length = wordAt(text, at, words);
    if (length === 0) continue;
    replaced += text.slice(kept, at) + replacement;
    kept = at + length;
    at = kept - 1;
  }
  return kept === 0 ? text : replaced + text.slice(kept);
}

function wordAt(text: string, start: number, words: ReadonlySet<string>): number {
  for (let length = Math.min(LONGEST, text.length - start); length > 0; length--) {
    if (!isWord(text, start + length) && words.has(text.slice(start, start + length))) return length;
  }
  return 0;
}

function isWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}
