import type { IncidentEvent, NotificationEvent } from '../incident.ts';
import type { StageWord } from '../incidents/people.ts';
import type { ResolveTarget } from '../on-call/targets.ts';
import type { NameRecipient } from '../on-call/words.ts';
import { withMember } from '../page/members.ts';
import type { Policy } from '../policies/policy.ts';
import type { MaintenanceWindow, Silence } from '../silences/silence.ts';
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
  WORDS_KEPT,
} from './state.ts';

/** What every decision is made with. */
export interface Surroundings {
  /** Wall-clock time, milliseconds. */
  now: number;
  policies: readonly Policy[];
  channels: readonly ChannelInfo[];
  /** `<public_url>/incidents/` and the id make the link. */
  publicUrl: string;
  /** Where there is none, a target is the channel of that name. */
  resolveTarget?: ResolveTarget;
  /** Says to people who a recipient is; where there is none, that is the channel, and the key of its user. */
  nameRecipient?: NameRecipient;
  /** Windows of the config; those of the API are part of the state. */
  maintenance?: readonly MaintenanceWindow[];
}

/**
 * A change while it is being made: reads see what the decision has written so far, and the state below stays as it was.
 * Rows are copied when first written, never changed in place.
 */
export class Draft {
  readonly change: AlertChange = emptyChange();
  readonly at: string;
  readonly now: number;
  /** As it was before this change. */
  readonly before: AlertState;
  /** Incidents that this change opened. */
  readonly opened: TrackedIncident[] = [];
  readonly #around: Surroundings;
  /** The incident whose count each changed monitor is part of now. */
  readonly #countedIn = new Map<string, string | null>();

  /** Who joined which incident by this change. */
  readonly #joined = new Set<string>();

  constructor(state: AlertState, around: Surroundings) {
    this.before = state;
    this.#around = around;
    this.now = around.now;
    this.at = new Date(around.now).toISOString();
  }

  monitor(key: string): MonitorAlert | undefined {
    return this.change.monitors.get(key) ?? this.before.monitors.get(key);
  }

  /** Every change of a monitor goes through here: incidents count those of their members that fail. */
  putMonitor(row: MonitorAlert): void {
    const counted = this.#countedIn.has(row.key)
      ? this.#countedIn.get(row.key)!
      : countsFor(this.before.monitors.get(row.key));
    const counts = countsFor(row);
    if (counted !== counts) {
      this.#countedIn.set(row.key, counts);
      this.#count(counted, -1);
      this.#count(counts, 1);
    }
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
    this.opened.push(row);
  }

  service(of: { service: string; environment: string }): ServiceAlert {
    const key = serviceKey(of);
    return this.change.services.get(key) ?? this.before.services.get(key) ?? { key, opened: [] };
  }

  putService(row: ServiceAlert): void {
    this.change.services.set(row.key, row);
  }

  /** Incidents of a service and environment that were open before this change, and still are, with one of the traits. */
  *openIncidents(of: { service: string; environment: string }, traits: readonly string[]): Generator<TrackedIncident> {
    for (const trait of traits) {
      for (const id of this.before.open.withTrait(serviceKey(of), trait)) {
        const row = this.incident(id);
        if (row && row.incident.state !== 'resolved') yield row;
      }
    }
  }

  /** Monitors that the incident still waits for. */
  *waitingFor({ incident: { id } }: TrackedIncident): Generator<MonitorAlert> {
    for (const key of this.before.watched.waitedFor(id)) {
      if (!this.change.monitors.has(key)) yield this.before.monitors.get(key)!;
    }
    for (const monitor of this.change.monitors.values()) if (monitor.incident_id === id) yield monitor;
  }

  *silences(): Generator<Silence> {
    for (const [id, silence] of this.before.silences) if (!this.change.silences.has(id)) yield silence;
    for (const silence of this.change.silences.values()) if (silence) yield silence;
  }

  *windows(): Generator<MaintenanceWindow> {
    yield* this.#around.maintenance ?? [];
    for (const [id, window] of this.before.windows) if (!this.change.windows.has(id)) yield window;
    for (const window of this.change.windows.values()) if (window) yield window;
  }

  join(row: TrackedIncident, monitor: MonitorAlert): void {
    const id = row.incident.id;
    if (!this.#isMember(row, monitor.key)) {
      this.change.members.push({ incident_id: id, monitor: monitor.key, position: row.incident.monitors.length });
      row.incident.monitors = withMember(row.incident.monitors, monitor.key);
      this.#joined.add(JSON.stringify([id, monitor.key]));
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

  /** Keeps what a stage of the chain said; the same word twice in a row is one. */
  say(row: TrackedIncident, stage: StageWord['stage'], verdict: StageWord['verdict'], why: string): void {
    const last = row.words.at(-1);
    if (last?.stage === stage && last.verdict === verdict && last.why === why) return;
    const word: StageWord = { stage, at: this.at, verdict, why };
    const kept = row.words.length < WORDS_KEPT ? row.words : row.words.slice(1 - WORDS_KEPT);
    row.words = [...kept, word];
    this.change.words.push({ ...word, incident_id: row.incident.id, number: row.said++ });
  }

  /**
   * Asks each channel to tell. Rings go out always; other events only where the channel wants them.
   * @returns the channels that were asked
   */
  tell(
    row: TrackedIncident,
    event: NotificationEvent,
    channels: readonly string[],
    step: number | null = null,
  ): string[] {
    const rings = event === 'incident.triggered' || event === 'incident.escalated';
    const asked: string[] = [];
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
      asked.push(name);
    }
    return asked;
  }

  schedule(row: TrackedIncident, timer: IncidentTimer): void {
    row.timers = [...row.timers, timer];
  }

  after(ms: number): string {
    return new Date(this.now + ms).toISOString();
  }

  #isMember({ incident: { id } }: TrackedIncident, monitor: string): boolean {
    return this.before.open.hasMember(id, monitor) || this.#joined.has(JSON.stringify([id, monitor]));
  }

  #count(id: string | null, by: number): void {
    if (id === null || !this.incident(id)) return;
    const { incident } = this.edit(id);
    // What is over keeps the last number that it had.
    if (incident.state !== 'resolved') incident.failing_count += by;
  }
}

/** A member that passed, but not yet often enough to leave, does not fail. What nobody could look at may. */
function countsFor(monitor: MonitorAlert | undefined): string | null {
  if (!monitor || monitor.state === 'passing' || monitor.state === 'degraded') return null;
  return monitor.incident_id;
}
