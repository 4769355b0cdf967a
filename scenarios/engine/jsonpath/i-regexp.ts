import { findRegex, matchingCost } from '../assertions/regex.ts';

const translated = new Map<string, string>();
const MOST_PATTERNS = 1_000;

/**
 * Whether a text matches an I-Regexp (RFC 9485), as a whole or anywhere. What is no such pattern matches nothing
 * (RFC 9535 §2.4.6). Linear in time; longer texts than `LONGEST_MATCHED` match nothing either.
 */
export function matchesIRegexp(pattern: string, text: string, whole: boolean): boolean {
  const result = findRegex(asRe2(pattern, whole), text);
  return 'found' in result && result.found;
}

/** What `matchesIRegexp` takes, in characters times instructions of the pattern. */
export function iRegexpCost(pattern: string, text: string, whole: boolean): number {
  return matchingCost(asRe2(pattern, whole), text);
}

function asRe2(pattern: string, whole: boolean): string {
  const re2 = toRe2(pattern);
  return whole ? `^(?:${re2})$` : re2;
}

/** The one difference that matters: an unescaped dot outside of a class stands for anything but a line end (RFC 9485 §5). */
function toRe2(pattern: string): string {
  const known = translated.get(pattern);
  if (known !== undefined) return known;
  let inClass = false;
  const re2 = pattern.replace(/\\.|[[\].]/gsu, (piece) => {
    if (piece === '[') inClass = true;
    else if (piece === ']') inClass = false;
    return piece === '.' && !inClass ? '[^\\n\\r]' : piece;
  });
  if (translated.size >= MOST_PATTERNS) translated.clear();
  translated.set(pattern, re2);
  return re2;
}
