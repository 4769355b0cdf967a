import type { Observation } from '../../alerts/engine/observation.ts';
import type { Clock } from '../../core/clock.ts';
import { type Signs, troubles } from './troubles.ts';

const CHECK_EVERY_MS = 5_000;

const OWN_ENVIRONMENT = 'watcher';
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
  const at = new Date(now).toISOString();
  return {
    source: 'run',
    monitor: `${part}@${OWN_ENVIRONMENT}`,
    monitor_name: `The watcher's ${part.replace('-', ' ')}`,
    service: 'ringdown',
    environment: OWN_ENVIRONMENT,
    run_id: `${part}-${at}`,
    run_url: null,
    trace_id: null,
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    started_at: at,
    at,
    scheduled_at: at,
    status: trouble === null ? 'passed' : 'error',
    degraded: false,
    watcher_fault: null,
    tags: ['ringdown'],
    policy: null,
    quarantined: false,
    depends_on: [],
    runbook: null,
    attempts: 1,
    failure:
      trouble === null
        ? null
        : {
            step: `watch the ${part.replace('-', ' ')}`,
            message: trouble,
            expected: null,
            actual: null,
            kind: 'assertion',
            route: null,
            status_code: null,
          },
    evidence: {},
    deployment: null,
  };
}
