import { serviceKey } from './keys.ts';
import type { MonitorAlert } from './state.ts';

/** Monitors by what decisions ask of them, so that nobody has to look through thousands. Derived from their rows. */
export class MonitorIndex {
  readonly #passing = new Map<string, Set<string>>();
  readonly #waitedFor = new Map<string, Set<string>>();

  /** Keys of the scenarios' monitors of a service and environment that pass, degraded or not. */
  passingRuns(service: string): Iterable<string> {
    return this.#passing.get(service) ?? [];
  }

  /** Keys of the monitors that an incident waits for, those that joined first first. */
  waitedFor(incident: string): Iterable<string> {
    return this.#waitedFor.get(incident) ?? [];
  }

  /** The monitor is now as `after` says, null when it is forgotten; `before` is what it was, if it was known. */
  replace(before: MonitorAlert | undefined, after: MonitorAlert | null): void {
    move(this.#passing, passesIn(before), passesIn(after), (before ?? after)?.key);
    move(this.#waitedFor, before?.incident_id, after?.incident_id, (before ?? after)?.key);
  }
}

function passesIn(monitor: MonitorAlert | null | undefined): string | null {
  if (monitor?.source !== 'run') return null;
  return monitor.state === 'passing' || monitor.state === 'degraded' ? serviceKey(monitor) : null;
}

function move(
  sets: Map<string, Set<string>>,
  from: string | null | undefined,
  to: string | null | undefined,
  key: string | undefined,
): void {
  if (from === to || key === undefined) return;
  if (from) removeFrom(sets, from, key);
  if (to) addTo(sets, to, key);
}

export function addTo(sets: Map<string, Set<string>>, name: string, member: string): void {
  const set = sets.get(name);
  if (set) set.add(member);
  else sets.set(name, new Set([member]));
}

export function removeFrom(sets: Map<string, Set<string>>, name: string, member: string): void {
  const set = sets.get(name);
  set?.delete(member);
  if (set?.size === 0) sets.delete(name);
}
