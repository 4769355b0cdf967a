import { RE2JS } from 're2js';

/** Compiled patterns; texts that come out of templates must not make this grow without end. */
const compiled = new Map<string, RE2JS>();
const MOST_PATTERNS = 1_000;

/**
 * Compiles a pattern in RE2 syntax, which matches in linear time: no look-around and no back-references.
 * @returns why it is no such pattern, in words
 */
export function compileRegex(pattern: string): { regex: RE2JS } | { error: string } {
  const known = compiled.get(pattern);
  if (known) return { regex: known };
  if (pattern.length > 10_000) return { error: 'the pattern is longer than 10,000 characters' };
  try {
    const regex = RE2JS.compile(pattern);
    if (compiled.size >= MOST_PATTERNS) compiled.clear();
    compiled.set(pattern, regex);
    return { regex };
  } catch (error) {
    return { error: (error as Error).message.replace(/^error parsing regexp: /, '') };
  }
}

/** Longer texts are refused: linear is still half a second for ten megabytes, on the thread that schedules and pages. */
export const LONGEST_MATCHED = 2 ** 20;

const TOO_LONG = 'the text is longer than 1 MiB, too long for a regular expression';

/** Whether the pattern is found anywhere in the text; a megabyte takes some 50 ms at worst. */
export function findRegex(pattern: string, text: string): { found: boolean } | { error: string } {
  const made = compileRegex(pattern);
  if ('error' in made) return made;
  // `test` runs the deterministic automaton, ten times faster than the matcher, which must also know where.
  return text.length > LONGEST_MATCHED ? { error: TOO_LONG } : { found: made.regex.test(text) };
}

/**
 * The first group of the first match, or the whole match where the pattern has no group. `null` when nothing
 * matched; its `value` is null when the group took no part in the match.
 */
export function extractRegex(pattern: string, text: string): { value: string | null } | { error: string } | null {
  const found = findRegex(pattern, text);
  if ('error' in found) return found;
  if (!found.found) return null;
  const made = compileRegex(pattern);
  if ('error' in made) return made;
  const matcher = made.regex.matcher(text);
  if (!matcher.find()) return null;
  return { value: matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? null };
}
