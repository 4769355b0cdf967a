import type { IncidentEvent } from '../../../../control/resources.ts';
import { Empty, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';

const LABELS: Record<IncidentEvent['kind'], string> = {
  triggered: 'Triggered',
  monitor_joined: 'Monitor joined',
  monitor_recovered: 'Monitor recovered',
  cause_changed: 'Cause changed',
  evidence_added: 'Evidence added',
  acknowledged: 'Acknowledged',
  escalated: 'Escalated',
  resolved: 'Resolved',
  notified: 'Notified',
  held: 'Held',
  released: 'No longer held',
  renotified: 'Told again',
  note: 'Note',
  assigned: 'Assigned',
  merged: 'Merged',
  answered: 'Answered',
  delivery_failed: 'Delivery failed',
};

/** What happened, oldest first. */
export function Timeline({ events }: { events: IncidentEvent[] }) {
  return (
    <Panel title="Timeline" id="timeline">
      {events.length === 0 ? (
        <Empty title="Nothing is written down yet" />
      ) : (
        <ol className="timeline">
          {events.map((event) => (
            <li key={event.id} data-kind={event.kind}>
              <p className="timeline-head">
                <strong>{LABELS[event.kind]}</strong>
                <Time at={event.at} as="clock" />
                {event.actor && <span className="faint">{event.actor}</span>}
              </p>
              <p className={event.kind === 'note' ? 'timeline-note' : 'soft'}>{event.message}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
