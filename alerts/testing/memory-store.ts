import type { AlertStore, StoredAlerts } from '../alert-store.ts';
import { type AlertChange, apply, emptyState, type QueuedDelivery } from '../engine/state.ts';
import type { IncidentEvent } from '../incident.ts';

/** Keeps alerts in memory and can be told to misbehave. Survives the desk, so that a test can restart one on it. */
export class MemoryAlertStore implements Pick<AlertStore, 'load' | 'commit'> {
  readonly state = emptyState();
  readonly events = new Map<string, IncidentEvent>();
  readonly deliveries = new Map<string, QueuedDelivery>();
  commits = 0;
  /** How the next commits go: `hang` waits until `recover`. */
  mode: 'works' | 'rejects' | 'hangs' = 'works';
  #hanging: (() => void)[] = [];

  async load(): Promise<StoredAlerts> {
    await this.#gate();
    const deliveries = [...this.deliveries.values()].filter(({ status }) => status === 'pending');
    const needed = new Set(deliveries.map(({ incident_id }) => incident_id));
    return structuredClone({
      monitors: [...this.state.monitors.values()],
      services: [...this.state.services.values()],
      incidents: [...this.state.incidents.values()].filter(
        ({ incident }) => incident.state !== 'resolved' || needed.has(incident.id),
      ),
      deliveries: deliveries.sort((a, b) => a.position - b.position),
      accepted: [...this.deliveries.values()].flatMap(({ status, channel, provider_ref }) =>
        status === 'accepted' && provider_ref !== null ? [{ channel, provider_ref }] : [],
      ),
      silences: [...this.state.silences.values()],
      windows: [...this.state.windows.values()],
    });
  }

  async commit(change: AlertChange): Promise<void> {
    const copy = structuredClone(change);
    await this.#gate();
    this.commits++;
    apply(this.state, copy);
    for (const event of copy.events) this.events.set(event.id, event);
    for (const delivery of copy.deliveries.values()) this.deliveries.set(delivery.delivery_id, delivery);
  }

  async #gate(): Promise<void> {
    if (this.mode === 'rejects') throw new Error('database or disk is full');
    if (this.mode === 'hangs') await new Promise<void>((resolve) => this.#hanging.push(resolve));
  }

  /** The process that waited is gone, and its transaction with it. */
  forgetHanging(): void {
    this.#hanging = [];
  }

  recover(): void {
    this.mode = 'works';
    for (const go of this.#hanging.splice(0)) go();
  }
}
