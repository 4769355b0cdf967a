const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export interface JsonLimits {
  /** Objects and arrays inside each other. */
  depth: number;
  /** Objects and arrays in all. */
  containers: number;
}

/**
 * What of a JSON text is too much, or undefined. Looks at every byte once, so that a text of nothing but brackets is
 * refused before a parser takes seconds over it. Text that is not JSON gets any answer.
 */
export function excessOf(json: Uint8Array, most: JsonLimits): string | undefined {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      for (at++; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
    } else if ((byte | 0x20) === 0x7b) {
      // [ and { differ in one bit, as ] and } do.
      if (++depth > most.depth) return 'is nested too deep';
      if (++containers > most.containers) return `has more than ${most.containers} objects and arrays`;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return undefined;
}
