const LINE_BREAKS = /\s*[\r\n\u2028\u2029]+\s*/g;
// Control characters, and marks that turn the direction of the text around them (Unicode TR 36).
const STEERING = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line without control characters: what a service answers must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(LINE_BREAKS, ' ').replace(STEERING, '\ufffd');
}

/** As `printable`, keeping line breaks; a tab is two spaces. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => line.replaceAll('\t', '  ').replace(STEERING, '\ufffd'));
}
