/** A text within a vendor's limit, in UTF-16 units: what is too long ends in an ellipsis, and no letter is torn in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
