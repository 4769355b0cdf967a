import { tag } from './line-protocol.ts';
import type { Draft, Placed } from './lines.ts';
import { stamp } from './stamp.ts';

/**
 * When the spans of a trace began: a point of `traces` per trace and record. Ids are fields, so a search for one reads
 * every id of its time; here it reads one of 256 parts, and numbers instead of texts.
 */
export class TraceTimes {
  readonly #ranges = new Map<string, { firstNs: bigint; lastNs: bigint }>();

  add(traceId: string, startNs: bigint): void {
    const range = this.#ranges.get(traceId);
    if (!range) this.#ranges.set(traceId, { firstNs: startNs, lastNs: startNs });
    else if (startNs < range.firstNs) range.firstNs = startNs;
    else if (startNs > range.lastNs) range.lastNs = startNs;
  }

  /** @param index of the first line */
  write(draft: Draft, { position }: Placed, index: number): void {
    let at = index;
    for (const [traceId, { firstNs, lastNs }] of this.#ranges) {
      const key = keyOf(traceId);
      if (!key) continue;
      const ms = lastNs / 1_000_000n - firstNs / 1_000_000n;
      draft.besides.push(`traces${tag('part', key.part)} id=${key.id}i,ms=${ms}i ${stamp(firstNs, position, at++)}`);
    }
  }
}

/** The end of the id, which is random in every system's ids; its last 62 bits are never negative as a number. */
export function keyOf(traceId: string): { part: string; id: bigint } | undefined {
  if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined;
  return { part: traceId.slice(-2), id: BigInt.asUintN(62, BigInt(`0x${traceId.slice(16)}`)) };
}
