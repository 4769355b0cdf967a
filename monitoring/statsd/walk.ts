import { Buffer } from 'node:buffer';
import { MAX_LINE_LENGTH, parseStatsd, type StatsdMetric } from './parse.ts';

const NEWLINE = 10;
const RETURN = 13;
const BAR = 0x7c;
const HASH = 0x23;
/** In place of where the tags begin. */
const MALFORMED = -2;
const NO_TAGS = -1;

/**
 * Walks the lines of a datagram, or of a spool record: newline-separated, empty lines passed over.
 * @param accept called with the byte range of every line that `parseStatsd` would read, and where its first `|#` is,
 *   -1 where there is none
 * @returns how many lines were malformed
 */
export function walkStatsd(packet: Buffer, accept: (start: number, end: number, tagsAt: number) => void): number {
  let malformed = 0;
  for (let start = 0; start < packet.length; ) {
    const newline = packet.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 ? packet.length : newline;
    const end = lineEnd > start && packet[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
    if (end > start) {
      const tagsAt = judge(packet, start, end);
      if (tagsAt === MALFORMED) malformed++;
      else accept(start, end, tagsAt);
    }
    start = lineEnd + 1;
  }
  return malformed;
}

/** Reads every well-formed line of a spool record's bytes. */
export function decodeStatsd(bytes: Uint8Array): StatsdMetric[] {
  const metrics: StatsdMetric[] = [];
  for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split('\n')) {
    const metric = line === '' ? undefined : parseStatsd(line);
    if (metric) metrics.push(metric);
  }
  return metrics;
}

/** How many lines of a spool record's bytes `decodeStatsd` reads, without reading them in full. */
export function countStatsd(bytes: Uint8Array): number {
  let lines = 0;
  walkStatsd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), () => lines++);
  return lines;
}

/** Says what `parseStatsd` would say. Plain lines are judged on the bytes; whatever is unusual goes to the parser. */
function judge(bytes: Buffer, start: number, end: number): number {
  if (end - start > MAX_LINE_LENGTH) return MALFORMED;
  const tagsAt = judgePlain(bytes, start, end);
  if (tagsAt !== MALFORMED) return tagsAt;
  if (parseStatsd(bytes.toString('utf8', start, end)) === undefined) return MALFORMED;
  for (let at = start; at < end - 1; at++) if (bytes[at] === BAR && bytes[at + 1] === HASH) return at;
  return NO_TAGS;
}

/** `name:[-]digits[.digits]|(c|g|h|d|ms)[|#tags]`; everything else is MALFORMED here. */
function judgePlain(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (bytes[at] === 0x5f) return MALFORMED; // _e{ and _sc are not metrics
  while (at < end && bytes[at] !== 0x3a && bytes[at] !== BAR) at++;
  if (at === start || bytes[at] !== 0x3a) return MALFORMED;
  at++;
  if (bytes[at] === 0x2d || bytes[at] === 0x2b) at++;
  const digits = at;
  while (at < end && isDigit(bytes[at]!)) at++;
  if (at === digits || at - digits > 20) return MALFORMED;
  if (bytes[at] === 0x2e) {
    const fraction = ++at;
    while (at < end && isDigit(bytes[at]!)) at++;
    if (at === fraction) return MALFORMED;
  }
  if (at >= end || bytes[at] !== BAR) return MALFORMED;
  const type = bytes[++at];
  if (at >= end) return MALFORMED;
  if (type === 0x6d) {
    if (++at >= end || bytes[at] !== 0x73) return MALFORMED;
  } else if (type !== 0x63 && type !== 0x67 && type !== 0x68 && type !== 0x64) return MALFORMED;
  at++;
  if (at === end) return NO_TAGS;
  if (bytes[at] !== BAR || bytes[at + 1] !== HASH) return MALFORMED;
  const tagsAt = at;
  for (at += 2; at < end; at++) if (bytes[at] === BAR) return MALFORMED;
  return tagsAt;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
