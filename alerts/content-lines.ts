/** RFC 5545 section 3.1, RFC 2426 section 2.6: at most 75 octets a line, the line break not counted. */
const LONGEST_LINE_BYTES = 75;

/** Lines of a calendar or a card as a file: folded, never within a character, and each ended by CR LF. */
export function contentLines(lines: readonly string[]): string {
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/**
 * A text as the value of a line: backslash, semicolon, comma and line break are escaped; other control characters may not
 * be there. @see RFC 5545 section 3.3.11, RFC 2426 section 4
 */
export function escapedText(value: string): string {
  return value
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|[\n\r\u2028\u2029]/g, '\\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

function folded(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE_BYTES) return line;
  let result = '';
  let length = 0;
  for (const character of line) {
    const bytes = Buffer.byteLength(character);
    if (length + bytes > LONGEST_LINE_BYTES) {
      result += '\r\n ';
      length = 1;
    }
    result += character;
    length += bytes;
  }
  return result;
}
