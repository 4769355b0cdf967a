import { Buffer } from 'node:buffer';
import type { Matcher } from './glob.ts';

const NEWLINE = 10;

/** StatsD lines of one record, shaped. The same array where nothing changed. */
export interface ShapedLines {
  bytes: Uint8Array;
  /** Lines left out. */
  dropped: number;
}

/**
 * Leaves out lines of excluded metrics and replaces the values of matching tags.
 * @param bytes newline-separated, as in the spool
 */
export function shapeLines(
  bytes: Uint8Array,
  isExcluded: Matcher | undefined,
  isRedacted: Matcher | undefined,
): ShapedLines {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  let copied = 0;
  let dropped = 0;
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, start);
    const end = newline < 0 ? lines.length : newline;
    const next = newline < 0 ? end : end + 1;
    const line = end > start ? lines.toString('utf8', start, end) : '';
    if (line !== '' && isExcluded?.(nameOf(line))) {
      parts.push(lines.subarray(copied, start));
      copied = next;
      dropped++;
    } else if (isRedacted && line.includes('|#')) {
      const redacted = redactTags(line, isRedacted);
      if (redacted !== line) {
        parts.push(lines.subarray(copied, start), Buffer.from(redacted));
        copied = end;
      }
    }
    start = next;
  }
  if (copied === 0 && parts.length === 0) return { bytes, dropped };
  parts.push(lines.subarray(copied));
  return { bytes: Buffer.concat(parts), dropped };
}

function nameOf(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? line : line.slice(0, colon);
}

/** Only the section of tags: a set's member may hold anything. */
function redactTags(line: string, isRedacted: Matcher): string {
  const sections = line.split('|');
  return sections
    .map((section, index) => (index > 1 && section[0] === '#' ? redactSection(section) : section))
    .join('|');

  function redactSection(section: string): string {
    const tags = section.slice(1).split(',');
    return `#${tags.map((tag) => redactTag(tag)).join(',')}`;
  }

  function redactTag(tag: string): string {
    const colon = tag.indexOf(':');
    return colon >= 0 && isRedacted(tag.slice(0, colon)) ? `${tag.slice(0, colon)}:[redacted]` : tag;
  }
}
