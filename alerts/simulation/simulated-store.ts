import type { AlertStore, StoredAlerts } from '../alert-store.ts';
import { type AlertChange, apply, emptyState, type QueuedDelivery } from '../engine/state.ts';

/** What the simulated watcher finds after a restart. Rows are never written in place, so they are kept as they come. */
export class SimulatedStore implements Pick<AlertStore, 'load' | 'commit'> {
  readonly #state = emptyState();
  readonly #deliveries = new Map<string, QueuedDelivery>();
  /** Why nothing can be written; null while it can. */
  trouble: string | null = null;

  async load(): Promise<StoredAlerts> {
    if (this.trouble) throw new Error(this.trouble);
    const deliveries = [...this.#deliveries.values()].filter(({ status }) => status === 'pending');
    const needed = new Set(deliveries.map(({ incident_id }) => incident_id));
    return structuredClone({
      monitors: [...this.#state.monitors.values()],
      services: [...this.#state.services.values()],
      incidents: [...this.#state.incidents.values()].filter(
        ({ incident }) => incident.state !== 'resolved' || needed.has(incident.id),
      ),
      deliveries: deliveries.sort((a, b) => a.position - b.position),
      accepted: [...this.#deliveries.values()].flatMap(({ status, channel, provider_ref }) =>
        status === 'accepted' && provider_ref !== null ? [{ channel, provider_ref }] : [],
      ),
      silences: [...this.#state.silences.values()],
      windows: [...this.#state.windows.values()],
    });
  }

  async commit(change: AlertChange): Promise<void> {
    if (this.trouble) throw new Error(this.trouble);
    apply(this.#state, change);
    for (const delivery of change.deliveries.values()) this.#deliveries.set(delivery.delivery_id, delivery);
  }
}
