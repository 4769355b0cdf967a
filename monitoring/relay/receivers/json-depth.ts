const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether objects and arrays of a JSON text lie deeper in each other than `most`. Looks at every byte once, so that a
 * text of nothing but brackets is refused before a parser takes seconds over it. Text that is not JSON gets any answer.
 */
export function isNestedDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      for (at++; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
    } else if ((byte | 0x20) === 0x7b) {
      // [ and { differ in one bit, as ] and } do.
      if (++depth > most) return true;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
