/** How much of a cause is told where a count follows it, so that the count is never cut off. */
export const LONGEST_CAUSE = 150;

/**
 * A text on one line: line breaks and control characters would let a server's error forge lines of the message.
 * @param longest in UTF-16 units; what is longer ends in an ellipsis
 */
export function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  if (line.length <= longest) return line;
  return `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
