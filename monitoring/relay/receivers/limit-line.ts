import { Buffer } from 'node:buffer';
import { type CardinalityGuard, hashBytes, OVERFLOW_TAG } from './cardinality.ts';

const COLON = 0x3a;
const BAR = 0x7c;
const HASH = 0x23;
const OVERFLOW = Buffer.from(`|#${OVERFLOW_TAG}:true`);

/**
 * Whether a well-formed StatsD line may keep its tags; counts it where not.
 * @param tagsAt where its first `|#` is
 */
export function mayKeepTags(
  guard: CardinalityGuard,
  packet: Buffer,
  start: number,
  end: number,
  tagsAt: number,
): boolean {
  let nameEnd = start;
  while (packet[nameEnd] !== COLON) nameEnd++;
  let tagsEnd = tagsAt + 2;
  while (tagsEnd < end && packet[tagsEnd] !== BAR) tagsEnd++;
  const hash = hashBytes(hashBytes(guard.seed, packet, start, nameEnd), packet, tagsAt, tagsEnd);
  return guard.isKnown(hash) || guard.admit(hash, packet.toString('utf8', start, nameEnd));
}

/** The line with the overflow tag in place of all its own; its other sections stay. */
export function withOverflowTag(packet: Buffer, start: number, end: number, tagsAt: number): Buffer {
  const kept: Buffer[] = [packet.subarray(start, tagsAt)];
  for (let at = tagsAt; at < end; ) {
    let next = at + 1;
    while (next < end && packet[next] !== BAR) next++;
    if (packet[at + 1] !== HASH) kept.push(packet.subarray(at, next));
    at = next;
  }
  return Buffer.concat([...kept, OVERFLOW]);
}
