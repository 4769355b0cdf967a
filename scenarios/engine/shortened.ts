/** Stands where the rest of a text was left out. What is in front of it may be half a secret, which the redactor takes out. */
export const CUT = '…';

/** A text of at most so many characters, and the sign that there were more. */
export function shortened(text: string, most: number): string {
  return text.length > most ? text.slice(0, most) + CUT : text;
}
