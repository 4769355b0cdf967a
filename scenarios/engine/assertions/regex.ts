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

/**
 * Characters times instructions of the pattern: time is linear in both, and `.{500}` is five hundred instructions. Some
 * half a second at worst, and a tenth of that for nearly all that is written; the matcher takes four times as long.
 */
export const MOST_FOUND = 64 * 2 ** 20;
const MOST_EXTRACTED = MOST_FOUND / 4;

/** What it takes to search the text for the pattern, to be compared with MOST_FOUND. */
export function matchingCost(pattern: string, text: string): number {
  const made = compileRegex(pattern);
  return 'error' in made ? 0 : text.length * made.regex.programSize();
}

function lengthProblem(regex: RE2JS, { length }: string, most: number): { error: string } | null {
  if (length > LONGEST_MATCHED) return { error: 'the text is longer than 1 MiB, too long for a regular expression' };
  const longest = Math.floor(most / regex.programSize());
  return length > longest
    ? { error: `the text is longer than ${longest} characters, too long for this pattern` }
    : null;
}

/** Whether the pattern is found anywhere in the text. */
export function findRegex(pattern: string, text: string): { found: boolean } | { error: string } {
  const made = compileRegex(pattern);
  if ('error' in made) return made;
  // `test` runs the deterministic automaton, ten times faster than the matcher, which must also know where.
  return lengthProblem(made.regex, text, MOST_FOUND) ?? { found: made.regex.test(text) };
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
  const problem = lengthProblem(made.regex, text, MOST_EXTRACTED);
  if (problem) return problem;
  const matcher = made.regex.matcher(text);
  if (!matcher.find()) return null;
  return { value: matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? null };
}
