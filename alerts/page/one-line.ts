import { cut, onOneLine } from '../../core/plain-text.ts';

/** How much of a cause is told where a count follows it, so that the count is never cut off. */
export const LONGEST_CAUSE = 150;

/**
 * A text on one line: line breaks and control characters would let a server's error forge lines of the message, and marks
 * that turn the direction of writing would let it read as something else.
 * @param longest in UTF-16 units; what is longer ends in an ellipsis
 */
export function oneLine(text: string, longest: number): string {
  return cut(onOneLine(text), longest);
}
