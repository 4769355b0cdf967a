/** Judges names by patterns in which `*` stands for any characters; every other character stands for itself. */
export type Matcher = (name: string) => boolean;

/** Attribute names and routes are few; what is asked past it is judged anew each time. */
const MOST_REMEMBERED = 4_096;

/** @returns undefined where there are no patterns */
export function matcherOf(patterns: readonly string[] | undefined): Matcher | undefined {
  if (!patterns || patterns.length === 0) return undefined;
  const plain = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split(/\*+/));
  const remembered = new Map<string, boolean>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const matches = plain.has(name) || globs.some((parts) => matchesGlob(parts, name));
    if (remembered.size < MOST_REMEMBERED) remembered.set(name, matches);
    return matches;
  };
}

/** @param parts what stands between the stars: the first and the last are anchored. Linear, whatever the pattern is. */
function matchesGlob(parts: readonly string[], name: string): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
