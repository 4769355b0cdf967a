/** A piece of a summary: words, or the name of what stands there. */
export type SummaryPart = { text: string } | { name: string };

/** Takes `p95 of {{ http.route }} is {{ value }}` apart. */
export function summaryParts(summary: string): SummaryPart[] {
  const parts: SummaryPart[] = [];
  let end = 0;
  for (const match of summary.matchAll(/\{\{\s*([^{}]+?)\s*\}\}/g)) {
    if (match.index > end) parts.push({ text: summary.slice(end, match.index) });
    parts.push({ name: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < summary.length) parts.push({ text: summary.slice(end) });
  return parts;
}

/**
 * The summary in a target's templates.
 * @param name the template for `value`, `threshold` or a label
 * @param text escapes words for the template language
 */
export function renderSummary(
  summary: string,
  name: (name: string) => string,
  text: (words: string) => string = (words) => words,
): string {
  return summaryParts(summary)
    .map((part) => ('text' in part ? text(part.text) : name(part.name)))
    .join('');
}
