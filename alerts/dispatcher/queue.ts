import type { Delivery } from '../../core/delivery.ts';
import type { QueuedDelivery } from '../engine/state.ts';
import type { NotificationEvent } from '../incident.ts';

/** So long what waits need not be put in order again; something most urgent is seen at once. */
const ORDER_HOLDS_MS = 100;
const MOST_URGENT = 1;
/** By how many priorities something may wait longer than a first page of its incident. */
const BEHIND: Record<NotificationEvent, number> = {
  'incident.triggered': 0,
  'incident.escalated': 0,
  'incident.acknowledged': 1,
  'incident.resolved': 1,
  'incident.updated': 2,
  test: 0,
};
/** Incidents that are remembered as told; a repeat about one that is forgotten counts as a first page. */
const TOLD_KEPT = 10_000;

/** A notification on its way. Times are monotonic milliseconds where nothing else is said. */
export interface Entry {
  delivery: QueuedDelivery;
  /** Wall-clock milliseconds: no attempt whose end is unknown was made before. */
  attemptedSince: number;
  /** Asks whether an earlier attempt arrived after all. */
  lookup: ((abort: AbortSignal) => Promise<Delivery>) | null;
  lookups: number;
  notBefore: number;
  enteredAt: number;
  firstTriedAt: number | null;
  /** Nobody listened there, so often in a row. */
  refusals: number;
  stalled: boolean;
}

/** What waits for one channel: per incident one after the other, a resolve never overtakes its trigger. */
export class Queue {
  readonly #incidents = new Map<string, Entry[]>();
  readonly #busy = new Set<string>();
  readonly #told = new Set<string>();
  readonly #urgency: (incident: string) => number;
  /** Heads that may leave, the most urgent last, as of `orderedAt`. */
  #order: Entry[] = [];
  #orderedAt = Number.NEGATIVE_INFINITY;

  /** @param urgency 1 is the most urgent */
  constructor(urgency: (incident: string) => number) {
    this.#urgency = urgency;
  }

  /** Notifications under way. */
  get busy(): number {
    return this.#busy.size;
  }

  isBusy(incident: string): boolean {
    return this.#busy.has(incident);
  }

  of(incident: string): readonly Entry[] {
    return this.#incidents.get(incident) ?? [];
  }

  /** Next of each incident that has nothing under way. */
  *heads(): Generator<Entry> {
    for (const [incident, [head]] of this.#incidents) if (head && !this.#busy.has(incident)) yield head;
  }

  *entries(): Generator<Entry> {
    for (const entries of this.#incidents.values()) yield* entries;
  }

  add(entry: Entry): void {
    const incident = entry.delivery.incident_id;
    const entries = this.#incidents.get(incident);
    if (entries) entries.push(entry);
    else this.#incidents.set(incident, [entry]);
    if (this.#urgency(incident) === MOST_URGENT) this.#orderedAt = Number.NEGATIVE_INFINITY;
  }

  remove(entry: Entry): void {
    const incident = entry.delivery.incident_id;
    const left = this.of(incident).filter((other) => other !== entry);
    if (left.length === 0) this.#incidents.delete(incident);
    else this.#incidents.set(incident, left);
  }

  begin(entry: Entry): void {
    this.#busy.add(entry.delivery.incident_id);
  }

  end(entry: Entry): void {
    this.#busy.delete(entry.delivery.incident_id);
  }

  /** The channel took something about it: what it is told next about this incident is no first page. */
  told(incident: string): void {
    this.#told.delete(incident);
    this.#told.add(incident);
    if (this.#told.size > TOLD_KEPT) this.#told.delete(this.#told.values().next().value!);
  }

  /** Lower goes first: the priority, and behind the first pages of the same priority whatever is not a first page. */
  rank({ delivery }: Entry): number {
    const repeats = delivery.event === 'incident.escalated' && this.#told.has(delivery.incident_id) ? 1 : 0;
    return this.#urgency(delivery.incident_id) + BEHIND[delivery.event] + repeats;
  }

  /** The one of the lowest rank that may leave. Thousands may wait, so they are not all looked at each time. */
  first(now: number): Entry | undefined {
    if (now - this.#orderedAt < ORDER_HOLDS_MS) {
      for (let next = this.#order.at(-1); next; next = this.#order.at(-1)) {
        if (this.#mayLeave(next, now)) return next;
        this.#order.pop();
      }
    }
    this.#orderedAt = now;
    this.#order = [...this.heads()]
      .filter((head) => head.notBefore <= now)
      .map((head) => ({ head, rank: this.rank(head) }))
      .reverse()
      .sort((a, b) => b.rank - a.rank)
      .map(({ head }) => head);
    return this.#order.at(-1);
  }

  /** The one that may leave and came first. */
  oldest(now: number): Entry | undefined {
    for (const head of this.heads()) if (head.notBefore <= now) return head;
    return undefined;
  }

  #mayLeave(head: Entry, now: number): boolean {
    const incident = head.delivery.incident_id;
    return head.notBefore <= now && !this.#busy.has(incident) && this.#incidents.get(incident)?.[0] === head;
  }
}
