import { parse } from 'yaml';

/** Aliases of a document that a person wrote; more is a bomb. */
const MOST_ALIASES = 10_000;
/** Lists and mappings inside each other; more are an attack. */
const DEEPEST = 200;

/** Reads JSON or YAML that ends: no value contains itself. @returns undefined when it is neither */
export function readStructure(text: string): { value: unknown } | undefined {
  const value = parsed(text);
  return value !== undefined && comesToAnEnd(value) ? { value } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return parse(text, { maxAliasCount: MOST_ALIASES, logLevel: 'silent' });
    } catch {
      return undefined;
    }
  }
}

/** Whether a value contains itself nowhere, and is not nested beyond all measure. */
export function comesToAnEnd(value: unknown): boolean {
  return ends(value, new Set(), 0);
}

/** An alias inside of what it stands for makes a YAML value without end. @param seen those that are known to end */
function ends(value: unknown, seen: Set<unknown>, depth: number): boolean {
  if (typeof value !== 'object' || value === null || seen.has(value)) return true;
  if (depth === DEEPEST) return false;
  if (!Object.values(value).every((inner) => ends(inner, seen, depth + 1))) return false;
  seen.add(value);
  return true;
}
