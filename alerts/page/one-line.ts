/** How much of a cause is told where a count follows it, so that the count is never cut off. */
export const LONGEST_CAUSE = 150;

/**
 * A text on one line: line breaks and control characters would let a server's error forge lines of the message, and marks
 * that turn the direction of writing would let it read as something else.
 * @param longest in UTF-16 units; what is longer ends in an ellipsis
 */
export function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  if (line.length <= longest) return line;
  return `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
