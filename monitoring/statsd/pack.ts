import { Buffer } from 'node:buffer';

/** Lines that are sent in one piece. */
export interface Packet {
  bytes: Buffer;
  lines: number;
}

const NEWLINE = 10;

/**
 * Packs newline-separated lines, none split, into packets of at most `maxBytes` with a newline between lines; a line
 * that is longer goes alone. Empty lines are left out. The bytes are copied.
 */
export function packLines(lines: Uint8Array, maxBytes: number): Packet[] {
  const source = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const packets: Packet[] = [];
  // One copy of everything; packets are views of it. A packet's newlines are those that stood there.
  const copy = Buffer.allocUnsafe(source.length);
  let used = 0;
  let start = 0;
  let count = 0;
  const end = () => {
    if (count > 0) packets.push({ bytes: copy.subarray(start, used), lines: count });
    start = used;
    count = 0;
  };
  for (let at = 0; at < source.length; ) {
    const newline = source.indexOf(NEWLINE, at);
    const lineEnd = newline < 0 ? source.length : newline;
    const length = lineEnd - at;
    if (length > 0) {
      if (count > 0 && used - start + 1 + length > maxBytes) end();
      if (count > 0) copy[used++] = NEWLINE;
      source.copy(copy, used, at, lineEnd);
      used += length;
      count++;
    }
    at = lineEnd + 1;
  }
  end();
  return packets;
}
