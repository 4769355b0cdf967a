import type { IncidentEvent, NotificationEvent } from '../incident.ts';
import { deliveryId, eventId, serviceKey } from './keys.ts';
import {
  type AlertChange,
  type AlertState,
  type ChannelInfo,
  emptyChange,
  type IncidentTimer,
  type MonitorAlert,
  type QueuedDelivery,
  type ServiceAlert,
  type TrackedIncident,
} from './state.ts';

/** What every decision is made with. */
export interface Surroundings {
  /** Wall-clock time, milliseconds. */
  now: number;
  policies: readonly import('../policies/policy.ts').Policy[];
  channels: readonly ChannelInfo[];
  /** `<public_url>/incidents/` and the id make the link. */
  publicUrl: string;
}

/**
 * A change while it is being made: reads see what the decision has written so far, and the state below stays as it was.
 * Rows are copied when first written, never changed in place.
 */
export class Draft {
  readonly change: AlertChange = emptyChange();
  readonly at: string;
  /** As it was before this change. */
  readonly before: AlertState;
  readonly #around: Surroundings;

  constructor(state: AlertState, around: Surroundings) {
    this.before = state;
    this.#around = around;
    this.at = new Date(around.now).toISOString();
  }

  monitor(key: string): MonitorAlert | undefined {
    return this.change.monitors.get(key) ?? this.before.monitors.get(key);
  }

  putMonitor(row: MonitorAlert): void {
    this.change.monitors.set(row.key, row);
  }

  incident(id: string): TrackedIncident | undefined {
    return this.change.incidents.get(id) ?? this.before.incidents.get(id);
  }

  /** The incident, ready to be written to. */
  edit(id: string): TrackedIncident {
    const written = this.change.incidents.get(id);
    if (written) return written;
    const row = this.before.incidents.get(id);
    if (!row) throw new Error(`no incident ${id}`);
    const copy = { ...row, incident: { ...row.incident } };
    this.change.incidents.set(id, copy);
    return copy;
  }

  add(row: TrackedIncident): void {
    this.change.incidents.set(row.incident.id, row);
  }

  service(of: { service: string; environment: string }): ServiceAlert {
    const key = serviceKey(of);
    return this.change.services.get(key) ?? this.before.services.get(key) ?? { key, open: [], opened: [] };
  }

  putService(row: ServiceAlert): void {
    this.change.services.set(row.key, row);
  }

  openIncidents(of: { service: string; environment: string }): TrackedIncident[] {
    return this.service(of).open.flatMap((id) => this.incident(id) ?? []);
  }

  /** Keys of monitors that the incident still waits for. */
  *waitingFor(row: TrackedIncident): Generator<MonitorAlert> {
    for (const key of row.incident.monitors) {
      const monitor = this.monitor(key);
      if (monitor?.incident_id === row.incident.id) yield monitor;
    }
  }

  join(row: TrackedIncident, monitor: MonitorAlert): void {
    const id = row.incident.id;
    if (!row.incident.monitors.includes(monitor.key)) {
      this.change.members.push({ incident_id: id, monitor: monitor.key, position: row.incident.monitors.length });
      row.incident.monitors = [...row.incident.monitors, monitor.key];
    }
    monitor.incident_id = id;
    this.putMonitor(monitor);
  }

  event(row: TrackedIncident, kind: IncidentEvent['kind'], message: string, actor: string | null): void {
    const incident_id = row.incident.id;
    this.change.events.push({
      id: eventId(incident_id, row.sequence++),
      incident_id,
      at: this.at,
      kind,
      message,
      actor,
    });
  }

  /** Asks each channel to tell. Rings go out always; other events only where the channel wants them. */
  tell(row: TrackedIncident, event: NotificationEvent, channels: readonly string[], step: number | null = null): void {
    const rings = event === 'incident.triggered' || event === 'incident.escalated';
    for (const name of channels) {
      const channel = this.#around.channels.find((candidate) => candidate.name === name);
      if (!channel || !(rings || channel.events.includes(event))) continue;
      const position = row.sequence++;
      const delivery: QueuedDelivery = {
        delivery_id: deliveryId(row.incident.id, position, name),
        incident_id: row.incident.id,
        dedup_key: row.incident.dedup_key,
        channel: name,
        event,
        status: 'pending',
        due_at: this.at,
        attempts: 0,
        last_attempt_at: null,
        last_error: null,
        provider_ref: null,
        position,
        step,
      };
      this.change.deliveries.set(delivery.delivery_id, delivery);
      if (!row.told.includes(name)) row.told = [...row.told, name];
    }
  }

  schedule(row: TrackedIncident, timer: IncidentTimer): void {
    row.timers = [...row.timers, timer];
  }

  after(ms: number): string {
    return new Date(this.#around.now + ms).toISOString();
  }
}
