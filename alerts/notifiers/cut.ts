/** A text within a vendor's limit, in UTF-16 units: what is too long ends in an ellipsis, and no letter is torn in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** As `cut`, of a text that grows by its medium's escapes: within the limit with them, and no escape torn in two. */
export function cutEscaped(text: string, length: number, escaped: (text: string) => string): string {
  let kept = cut(text, length);
  while (escaped(kept).length > length) kept = cut(kept, Math.floor(kept.length * 0.8));
  return escaped(kept);
}

/** As many parts as there is room for, joined: what comes first matters most. */
export function fitting(parts: readonly string[], room: number, between: string): string {
  const kept: string[] = [];
  let left = room;
  for (const part of parts) {
    left -= part.length + between.length;
    if (left < 0) break;
    kept.push(part);
  }
  return kept.join(between);
}

/** Without what breaks a line, steers a terminal, turns writing around, or is half a character. */
export function onOneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();
}
