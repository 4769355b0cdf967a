import { cut } from '../../core/plain-text.ts';

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
