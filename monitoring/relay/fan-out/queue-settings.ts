import { parseDuration, parseSize } from '../../../core/units.ts';
import type { BackendSettings } from '../../exporter.ts';
import { refuseIfWrong } from '../../refuse-settings.ts';
import type { ReadLimits } from '../spool/spool.ts';

/** How batches of one backend are made: `queue` of its settings. */
export interface QueueSettings {
  limits: ReadLimits;
  /** Calls of `export` under way at one time. */
  concurrency: number;
  /** How long one call may take. */
  timeoutMs: number;
}

// Large enough to spread an exporter's cost per call, small enough that one per backend fits in memory.
const LIMITS: ReadLimits = { maxItems: 16_384, maxBytes: 4 * 2 ** 20 };
/** Of one backend: what its batches under way may hold together. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Reads `batch_items`, `batch_size`, `concurrency` and `timeout`.
 * @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once
 */
export function readQueue({ name, queue }: BackendSettings, timeoutMs: number): QueueSettings {
  const given = (queue ?? {}) as Record<string, unknown>;
  const wrong: string[] = [];
  const read = (key: string, fallback: number, parse: (value: unknown) => number | undefined, like: string) => {
    if (given[key] === undefined) return fallback;
    const value = parse(given[key]);
    if (value === undefined || !(value > 0)) wrong.push(`queue.${key}: ${JSON.stringify(given[key])} is not ${like}`);
    return value ?? fallback;
  };
  const text = (parse: (text: string) => number | undefined) => (value: unknown) =>
    typeof value === 'string' ? parse(value) : undefined;
  const whole = (most: number) => (value: unknown) =>
    Number.isInteger(value) && (value as number) <= most ? (value as number) : undefined;
  const settings: QueueSettings = {
    limits: {
      maxItems: read('batch_items', LIMITS.maxItems, whole(1_000_000), 'a whole number from 1 to 1000000'),
      maxBytes: read('batch_size', LIMITS.maxBytes, text(parseSize), 'a size such as "4MB"'),
    },
    concurrency: read('concurrency', 1, whole(16), 'a whole number from 1 to 16'),
    timeoutMs: read('timeout', timeoutMs, text(parseDuration), 'a duration such as "30s"'),
  };
  const bytes = settings.limits.maxBytes * settings.concurrency;
  if (bytes > MOST_BYTES) wrong.push(`queue: batch_size times concurrency is ${bytes} bytes, more than 256 MiB`);
  refuseIfWrong('backend', name, wrong);
  return settings;
}
