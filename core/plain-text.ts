/** What breaks a line, steers a terminal, or turns the direction of writing around (Unicode TR 36). */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** A text of others on one line, without what would let it forge lines or read as something else, or is half a character. */
export function onOneLine(text: string): string {
  return text.toWellFormed().replace(STEERING, ' ').trim();
}

/** A text of so many UTF-16 units at most: what is too long ends in an ellipsis, and no letter is torn in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
