import type { Instant } from '../../core/clock.ts';
import { nextCronFire } from '../../core/cron.ts';
import type { Schedule } from './schedule.ts';

const DAY_MS = 86_400_000;
const LOOK_BACK_MS = [60_000, 3_600_000, DAY_MS];

/** Where a monitor stands on the time axis. */
export interface Place {
  /** The monitor's key: spreads equal intervals over time and seeds the jitter, the same way after every restart. */
  key: string;
  failing?: boolean;
  /** Slots of an interval count from here; without it, from the epoch plus a phase drawn from the key. */
  anchor?: Instant;
}

/**
 * The first fire strictly after `after`; Infinity when there is none. Pure: the same arguments give the same instant.
 * Intervals are anchored, so they do not drift; jitter moves a slot later by up to its share of the interval.
 */
export function nextFire(schedule: Schedule, after: Instant, place: Place = { key: '' }): Instant {
  const jitter = schedule.jitter ?? 0;
  if (place.failing && schedule.whileFailingMs) return nextSlot(schedule.whileFailingMs, jitter, after, place);
  if (schedule.kind === 'every') return nextSlot(schedule.everyMs, jitter, after, place);
  return nextCron(schedule.cron, schedule.timezone, jitter, after, place.key);
}

function nextSlot(intervalMs: number, jitter: number, after: Instant, place: Place): Instant {
  const anchor = place.anchor ?? Math.floor(hash01(place.key) * intervalMs);
  const slot = (index: number) =>
    anchor + index * intervalMs + Math.floor(jitter * intervalMs * hash01(`${place.key}#${index}`));
  // Jitter is shorter than the interval, so the answer lies within one slot of the unjittered one.
  let index = Math.floor((after - anchor) / intervalMs) - 1;
  while (slot(index) <= after) index++;
  return slot(index);
}

function nextCron(cron: string, zone: string, jitter: number, after: Instant, key: string): Instant {
  if (jitter === 0) return nextCronFire(cron, zone, after);
  const jittered = (slot: Instant) => {
    // Shorter than the gap to the following slot, so that slots stay in order.
    const gap = Math.min(nextCronFire(cron, zone, slot) - slot, DAY_MS);
    return slot + Math.floor(jitter * gap * hash01(`${key}#${slot}`));
  };
  // The newest slot up to `after` may still lie ahead through its jitter.
  for (const back of LOOK_BACK_MS) {
    let newest: Instant | undefined;
    for (let slot = nextCronFire(cron, zone, after - back); slot <= after; slot = nextCronFire(cron, zone, slot)) {
      newest = slot;
    }
    if (newest === undefined) continue;
    if (jittered(newest) > after) return jittered(newest);
    break;
  }
  const next = nextCronFire(cron, zone, after);
  return Number.isFinite(next) ? jittered(next) : next;
}

/** Uniform in [0, 1) from a text: FNV-1a with a final avalanche, since neighbouring slots differ in one digit only. */
export function hash01(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
