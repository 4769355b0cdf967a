/** A text as InfluxQL takes it in single quotes. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

/** A name of a measurement, a tag, a field or a database. */
export function identifier(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** A regular expression (RE2) that finds the text, whatever its case. */
export function containing(text: string): string {
  // What is not a letter or a digit is written as its code: nothing of it can end the expression or mean something.
  return `/(?i)${text.replace(/[\u0000-\u007f]/g, (one) => (/[0-9A-Za-z]/.test(one) ? one : `\\x${hex(one)}`))}/`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}

/** A length of time in the unit that InfluxQL and the retention of v1 take. */
export function duration(ms: number): string {
  return `${Math.round(ms)}ms`;
}
