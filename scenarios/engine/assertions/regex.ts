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
