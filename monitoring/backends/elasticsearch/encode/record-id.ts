import { createHash } from 'node:crypto';
import type { SpoolRecord } from '../../../exporter.ts';

const PROBE_BYTES = 256;

/**
 * Twelve characters that a record has again whenever it is sent again. The position alone would not do: a spool that
 * was deleted, or that of another Ringdown, begins at 0 too, and what is then taken for a repeat is lost.
 */
export function recordId({ position, receivedAt, bytes }: SpoolRecord): string {
  return createHash('sha1')
    .update(`${position} ${receivedAt} ${bytes.length}\n`)
    .update(bytes.subarray(0, PROBE_BYTES))
    .update(bytes.subarray(-PROBE_BYTES))
    .digest('base64url')
    .slice(0, 12);
}
