import type { Draft } from '../draft.ts';
import type { MonitorAlert } from '../state.ts';
import type { HoldingStage } from './stage.ts';

/** Holds what fails only because something that it depends on does. */
export const dependency: HoldingStage = {
  name: 'dependency',
  timed: false,
  passes: 'nothing that it depends on fails',
  hold(row, draft) {
    const held = row.incident.held?.stage === 'dependency';
    let found: string | undefined;
    for (const monitor of draft.waitingFor(row)) {
      if (monitor.state !== 'failing') continue;
      const behind = failingDependency(monitor, draft) ?? (held ? recoveredDependency(monitor, draft) : undefined);
      // One that fails by itself is reason enough to tell.
      if (behind === undefined) return null;
      found ??= behind;
    }
    return found === undefined ? null : { reason: found, until: null };
  },
};

/** @returns why a failure of the monitor may be another one's; undefined when it is its own */
export function failingDependency(
  monitor: Pick<MonitorAlert, 'depends_on'>,
  draft: Pick<Draft, 'monitor' | 'incident' | 'now'>,
): string | undefined {
  for (const key of monitor.depends_on) {
    const other = draft.monitor(key);
    if (other?.state === 'failing' && !waitsInQuietHours(other, draft)) return `depends on ${other.name}, which fails`;
  }
  return undefined;
}

/** Nobody hears of it before the morning, so what fails because of it tells by itself. */
function waitsInQuietHours({ incident_id }: MonitorAlert, draft: Pick<Draft, 'incident' | 'now'>): boolean {
  const row = incident_id === null ? undefined : draft.incident(incident_id);
  const held = row?.incident.held;
  // Of one that rang before they began everybody knows.
  return !row?.started && held?.stage === 'quiet_hours' && Date.parse(held.until!) > draft.now;
}

/** What was seen while the other one still failed says nothing about now: the next run does. */
function recoveredDependency(monitor: MonitorAlert, draft: Draft): string | undefined {
  for (const key of monitor.depends_on) {
    const other = draft.monitor(key);
    if (other && other.since > monitor.last_started_at) {
      return `depends on ${other.name}, which has just recovered; the next run tells`;
    }
  }
  return undefined;
}
