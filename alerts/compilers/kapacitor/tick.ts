import { CannotExpress } from '../compiler.ts';

/** Texts, names and numbers as TICKscript and InfluxQL write them. */

/**
 * A text of TICKscript. Between single quotes only the quote itself is escaped, so that a backslash before one could not be
 * written; between three nothing is.
 * @throws CannotExpress for what neither can hold: it would end early, and go on as script
 */
export function text(value: string): string {
  const isPlain = !value.includes('\\') || value.includes("'''") || value.endsWith("'");
  if (isPlain && value.endsWith('\\')) {
    throw new CannotExpress([], "TICKscript has no text that holds ''' and ends in a backslash");
  }
  return isPlain ? `'${value.replaceAll("'", "\\'")}'` : `'''${value}'''`;
}

/** A field or tag in a lambda expression. */
export function reference(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A pattern in a lambda expression, for the text as it stands. */
export function containing(piece: string): string {
  const escaped = piece.replace(/[\\/\n]|[\^$.*+?()[\]{}|]/g, (character) =>
    // A slash ends the pattern, and what stands before it counts.
    /[\\/\n]/.test(character) ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\${character}`,
  );
  return `/(?i)${escaped}/`;
}

/** A number that Kapacitor takes for a float, which it compares with integers and floats. */
export function float(value: number): string {
  const written = Math.abs(value) >= 1e21 ? value.toFixed(0) : String(value);
  if (/e/.test(written)) return value.toFixed(20).replace(/0+$/, '');
  return written.includes('.') ? written : `${written}.0`;
}

/** A text of InfluxQL. */
export function literal(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

/** A name of InfluxQL. */
export function identifier(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Parts that must all hold; `TRUE` for none. */
export function allOf(parts: readonly string[]): string {
  return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
}

/** `|node()` and the properties that it is given, each on its own line. */
export function node(call: string, ...properties: readonly string[]): string {
  return [`    |${call}`, ...properties.map((property) => `        .${property}`)].join('\n');
}
