import { toError } from '../../../core/errors.ts';
import type { Batch, Exported } from '../../exporter.ts';
import { addUp } from './counts.ts';
import { saysCorrupt, saysUnusable } from './partition.ts';

/** Does the error say that the data does not fit, rather than that the disk or the file is at fault? */
export function blamesContent(error: Error): boolean {
  if (saysCorrupt(error) || saysUnusable(error)) return false;
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    /out of u?int\d+ range|is not an integer|^(Conversion|Invalid Input|Out of Range|Constraint) Error/.test(
      error.message,
    )
  );
}

/**
 * Writes a batch, in one go where possible. Where its content cannot be stored it is halved until the record at fault
 * stands alone, and that one is rejected: retrying it would hold everything behind it up for ever.
 * @param write rejects with nothing written
 */
export async function writeSound(batch: Batch, write: (part: Batch) => Promise<Exported>): Promise<Exported> {
  let accepted: Exported['accepted'] = {};
  const rejected: Exported['rejected'] = [];
  const parts = [batch];
  for (let part = parts.shift(); part; part = parts.shift()) {
    try {
      const exported = await write(part);
      accepted = addUp(accepted, exported.accepted);
      rejected.push(...exported.rejected);
    } catch (thrown) {
      const error = toError(thrown);
      const { records } = part;
      if (!blamesContent(error)) {
        const left = [part, ...parts].flatMap((one) => one.records);
        return { accepted, rejected, retry: { records: left, end: batch.end }, error };
      }
      if (records.length === 1) {
        const { signal, items } = records[0]!;
        rejected.push({ signal, count: items, reason: 'cannot be stored', sample: error.message });
        continue;
      }
      const middle = records.length >> 1;
      parts.unshift(
        { records: records.slice(0, middle), end: records[middle]!.position },
        { records: records.slice(middle), end: part.end },
      );
    }
  }
  return { accepted, rejected };
}
