import type { Hold } from '../../incident.ts';
import type { Draft, Surroundings } from '../draft.ts';
import type { TrackedIncident } from '../state.ts';

/** Why nobody is told, as a holding stage says it. */
export interface Held {
  reason: string;
  /** When it ends by itself, RFC 3339; null where that depends on something else. */
  until: string | null;
  /** Id of the incident behind it. */
  by?: string;
}

/** A stage of the chain that may hold an open incident back. Pure. */
export interface HoldingStage {
  name: Hold['stage'];
  /** It ends at a time that somebody chose: what is still open then rings from the first step, told before or not. */
  timed: boolean;
  /** What it says where it holds nothing back, for `explain`. */
  passes: string;
  hold(row: TrackedIncident, draft: Draft, around: Surroundings): Held | null;
}

/** `14:00 UTC`, or with the date when that is another day. */
export function shownUntil(until: number, now: number): string {
  const [day, time = ''] = new Date(until).toISOString().split('T');
  const today = new Date(now).toISOString().slice(0, 10);
  return `${day === today ? '' : `${day} `}${time.slice(0, 5)} UTC`;
}
