const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/**
 * Names between double braces, in their order. Logic-less, as every template of policies and channels: a name is replaced
 * by its value and nothing is executed, so that no text from outside becomes a program.
 */
export function namesIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!.trim());
}

/**
 * The template with its names replaced. What is put in is not read again.
 * @param value what stands for a name; `written` is the name with its braces
 * @param text escapes the words between names, for the language that the result is written in
 */
export function fillIn(
  template: string,
  value: (name: string, written: string) => string,
  text: (words: string) => string = (words) => words,
): string {
  let filled = '';
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [written, name] = match as unknown as [string, string];
    filled += text(template.slice(end, match.index)) + value(name.trim(), written);
    end = match.index + written.length;
  }
  return filled + text(template.slice(end));
}

/** Without its names, to look for braces that are none. */
export function withoutNames(template: string): string {
  return fillIn(template, () => '');
}
