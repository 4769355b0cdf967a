import type { Observation } from '../../alerts/engine/observation.ts';
import { OWN_ENVIRONMENT, ownObservation } from '../../alerts/incidents/own-observation.ts';
import type { Clock } from '../../core/clock.ts';
import { type Signs, troubles } from './troubles.ts';

const CHECK_EVERY_MS = 5_000;

const OWN_SUFFIX = `@${OWN_ENVIRONMENT}`;

/** Whether the watcher pages about itself under this key. */
export function isOwnMonitor(key: string): boolean {
  return key.endsWith(OWN_SUFFIX);
}

/**
 * The watcher watches itself: what stands still in it becomes an incident like any other. Trouble must be seen twice in
 * a row, because a process that was suspended finds everything late when it wakes, and catches up at once.
 */
export async function watchSelf(
  deps: {
    clock: Clock;
    signs(): Promise<Signs>;
    observe(observation: Observation): Promise<void>;
    /** Keys of monitors of its own that an earlier process left in an open incident. */
    alarmed: readonly string[];
  },
  abort: AbortSignal,
): Promise<void> {
  const { clock } = deps;
  const alarmed = new Set(deps.alarmed.map((key) => key.slice(0, -OWN_SUFFIX.length)));
  let before = new Set<string>();
  while (!abort.aborted) {
    const found = troubles(await deps.signs());
    for (const trouble of found) {
      if (alarmed.has(trouble.part) || !before.has(trouble.part)) continue;
      alarmed.add(trouble.part);
      await deps.observe(observationOf(trouble.part, trouble.message, clock.now()));
    }
    const now = new Set(found.map(({ part }) => part));
    for (const part of [...alarmed].filter((part) => !now.has(part))) {
      alarmed.delete(part);
      await deps.observe(observationOf(part, null, clock.now()));
    }
    before = now;
    await clock.timer(CHECK_EVERY_MS, abort).catch(() => {});
  }
}

function observationOf(part: string, trouble: string | null, now: number): Observation {
  const words = part.replace('-', ' ');
  const own = { part, name: `The watcher's ${words}`, step: `watch the ${words}` };
  return ownObservation(own, trouble, new Date(now).toISOString());
}
