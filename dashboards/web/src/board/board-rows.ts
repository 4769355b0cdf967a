import type { Monitor, MonitorState } from '../../../../control/resources.ts';

export interface BoardFilter {
  text: string;
  state: MonitorState | null;
  tag: string | null;
}

export interface ServiceGroup {
  service: string;
  environment: string;
  monitors: Monitor[];
  /** The worst state among its monitors. */
  state: MonitorState;
}

/** Worst first. */
export const STATES: MonitorState[] = ['failing', 'degraded', 'no_data', 'passing', 'paused'];

export function matches(monitor: Monitor, filter: BoardFilter): boolean {
  if (filter.state !== null && monitor.state !== filter.state) return false;
  if (filter.tag !== null && !monitor.tags.includes(filter.tag)) return false;
  const haystack = [monitor.name, monitor.key, monitor.service, monitor.owner ?? '', ...monitor.tags]
    .join('\n')
    .toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** Groups by service and environment. By name throughout: rows keep their place when states change. */
export function groupByService(monitors: Iterable<Monitor>, filter: BoardFilter): ServiceGroup[] {
  const kept = [...monitors].filter((monitor) => matches(monitor, filter));
  return [...Map.groupBy(kept, (monitor) => `${monitor.service}\0${monitor.environment}`).values()]
    .map((members) => ({
      service: members[0]!.service,
      environment: members[0]!.environment,
      monitors: members.sort((a, b) => a.name.localeCompare(b.name) || a.key.localeCompare(b.key)),
      state: worst(members),
    }))
    .sort((a, b) => a.service.localeCompare(b.service) || a.environment.localeCompare(b.environment));
}

export function worst(monitors: Pick<Monitor, 'state'>[]): MonitorState {
  return STATES.find((state) => monitors.some((monitor) => monitor.state === state)) ?? 'no_data';
}

export function countStates(monitors: Iterable<Monitor>): Record<MonitorState, number> {
  const counts = { failing: 0, degraded: 0, no_data: 0, passing: 0, paused: 0 };
  for (const monitor of monitors) counts[monitor.state]++;
  return counts;
}

/** The board in one sentence: `1 of 6 monitors is failing, 1 degraded`. */
export function boardWords(counts: Record<MonitorState, number>): string {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  if (total === 0) return 'No monitors yet';
  const monitors = total === 1 ? 'monitor' : 'monitors';
  const rest = [counts.degraded && `${counts.degraded} degraded`, counts.no_data && `${counts.no_data} without data`];
  const tail = rest.filter(Boolean).join(', ');
  if (counts.failing > 0) {
    const head = `${counts.failing} of ${total} ${monitors} ${counts.failing === 1 ? 'is' : 'are'} failing`;
    return tail ? `${head}, ${tail}` : head;
  }
  if (counts.passing === total) return total === 1 ? 'The monitor passes' : `All ${total} monitors pass`;
  if (!tail) return `${counts.passing} of ${total} ${monitors} pass, ${counts.paused} paused`;
  return `Nothing is failing: ${tail} of ${total} ${monitors}`;
}
