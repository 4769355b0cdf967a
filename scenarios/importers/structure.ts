import { parse } from 'yaml';

/** Aliases of a document that a person wrote; more is a bomb. */
const MOST_ALIASES = 10_000;

/** Reads JSON or YAML. @returns undefined when it is neither */
export function readStructure(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    try {
      return { value: parse(text, { maxAliasCount: MOST_ALIASES, logLevel: 'silent' }) };
    } catch {
      return undefined;
    }
  }
}
