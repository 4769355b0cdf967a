import type { InboundStore, RememberedAlert } from '../inbound-store.ts';
import type { TakenRequest } from '../replay-guard.ts';

/** Keeps what a restart would find; while `away`, everything rejects. */
export class MemoryInboundStore implements InboundStore {
  readonly alerts = new Map<string, RememberedAlert>();
  readonly taken = new Map<string, TakenRequest>();
  away = false;
  writes = 0;

  async load(since: string) {
    this.#answer();
    return {
      alerts: [...this.alerts.values()].filter(
        ({ alert, received_at }) => alert.state === 'firing' || received_at > since,
      ),
      taken: [...this.taken.values()].filter(({ at }) => at > since),
    };
  }

  async saveAlerts(alerts: readonly RememberedAlert[]) {
    this.#answer();
    this.writes++;
    for (const entry of alerts) this.alerts.set(`${entry.source}/${entry.alert.key}`, structuredClone(entry));
  }

  async saveTaken(taken: readonly TakenRequest[]) {
    this.#answer();
    this.writes++;
    for (const entry of taken) this.taken.set(entry.key, entry);
  }

  async prune(before: string) {
    this.#answer();
    for (const [key, { alert, received_at }] of this.alerts) {
      if (alert.state === 'resolved' && received_at < before) this.alerts.delete(key);
    }
    for (const [key, { at }] of this.taken) if (at < before) this.taken.delete(key);
  }

  #answer(): void {
    if (this.away) throw new Error('the database does not answer');
  }
}
