import type { Delivery } from '../../core/delivery.ts';
import { backoffMs } from '../../core/retry.ts';
import type { DeliveryOutcome } from '../engine/answer.ts';
import type { QueuedDelivery } from '../engine/state.ts';
import type { NotificationEvent } from '../incident.ts';
import type { Notifier } from '../notifier.ts';
import { attemptWithin, NoAnswer } from './attempt.ts';
import type { DispatcherDeps } from './dispatcher.ts';

const RINGS: ReadonlySet<NotificationEvent> = new Set(['incident.triggered', 'incident.escalated']);
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** A vendor that keeps answering "I don't know" is believed to have lost it: a second call is better than none. */
const LOOKUPS_BEFORE_SENDING_AGAIN = 3;
/** A vendor that asks for more would silence a channel by one answer. */
const LONGEST_PAUSE_MS = 15 * 60_000;
/** So long what waits need not be put in order again; something most urgent is seen at once. */
const ORDER_HOLDS_MS = 100;
/** How often a channel that is fully busy looks for those that it keeps waiting. */
const SEEK_STALLS_MS = 1_000;
const MOST_URGENT = 1;
/** References that are remembered, so that no call is taken for another. */
const REFERENCES_KEPT = 1_000;

interface Entry {
  delivery: QueuedDelivery;
  /** Wall-clock milliseconds: no attempt whose end is unknown was made before. */
  attemptedSince: number;
  /** Asks whether an earlier attempt arrived after all. */
  lookup: ((abort: AbortSignal) => Promise<Delivery>) | null;
  lookups: number;
  /** Monotonic. */
  notBefore: number;
  /** Monotonic. */
  enteredAt: number;
  firstTriedAt: number | null;
  stalled: boolean;
}

/** One channel: its incidents side by side, within an incident one after the other. */
export class ChannelLane {
  /** First in, first out per incident: a resolve never overtakes its trigger. */
  readonly #incidents = new Map<string, Entry[]>();
  readonly #busy = new Set<string>();
  readonly #stop = new AbortController();
  readonly #notifier: Notifier;
  readonly #deps: DispatcherDeps;
  /** The vendor's references of what it accepted. */
  readonly #accepted = new Set<string>();
  /** Heads that may leave, the most urgent last, as of `orderedAt`. */
  #order: Entry[] = [];
  #orderedAt = Number.NEGATIVE_INFINITY;
  #stallsSoughtAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = 0;
  #wake: AbortController | null = null;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(notifier: Notifier, deps: DispatcherDeps) {
    this.#notifier = notifier;
    this.#deps = deps;
  }

  add(delivery: QueuedDelivery, resumed: boolean): void {
    const entries = this.#incidents.get(delivery.incident_id) ?? [];
    if (entries.some((entry) => entry.delivery.delivery_id === delivery.delivery_id)) return;
    // Each update says how things stand when it is sent, so one that waits is enough.
    const waiting = entries.slice(1).find((entry) => entry.delivery.event === 'incident.updated');
    if (waiting && delivery.event === 'incident.updated') this.#settle(waiting, 'cancelled', {});
    const entry: Entry = {
      delivery,
      attemptedSince: Date.parse(delivery.due_at),
      lookup: null,
      lookups: 0,
      notBefore: 0,
      enteredAt: this.#deps.clock.monotonic(),
      firstTriedAt: null,
      stalled: false,
    };
    if (resumed && this.#notifier.lookup) entry.lookup = (abort) => this.#ask(entry, abort);
    if (this.#ringsAlready(entry, entries)) return;
    entries.push(entry);
    this.#incidents.set(delivery.incident_id, entries);
    if (this.#deps.urgency(delivery.incident_id) === MOST_URGENT) this.#orderedAt = Number.NEGATIVE_INFINITY;
    this.#dropUnwanted(delivery.incident_id);
    this.#pump();
  }

  /** Another notification has this reference. */
  took(providerRef: string): void {
    this.#accepted.add(providerRef);
    if (this.#accepted.size > REFERENCES_KEPT) this.#accepted.delete(this.#accepted.values().next().value!);
  }

  async shutdown(abort: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#wake?.abort(new Error('shutting down'));
    if (this.#busy.size === 0) return;
    const stop = () => this.#stop.abort(abort.reason);
    if (abort.aborted) stop();
    else abort.addEventListener('abort', stop, { once: true });
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    abort.removeEventListener('abort', stop);
  }

  /** An escalation that waits in backoff has nothing to say once somebody answered; what follows must not wait for it. */
  #dropUnwanted(incident: string): void {
    if (this.#busy.has(incident)) return;
    const entries = this.#incidents.get(incident) ?? [];
    while (entries[0] && entries[0].firstTriedAt !== null && this.#deps.compose(entries[0].delivery) === null) {
      this.#settle(entries[0], 'cancelled', {});
    }
  }

  /**
   * While a channel is down, rings would pile up and all go off when it is back. One that still waits to ring is enough.
   * @returns true when the new one is superfluous, and settled
   */
  #ringsAlready(entry: Entry, entries: readonly Entry[]): boolean {
    if (entry.delivery.event !== 'incident.escalated') return false;
    const busy = this.#busy.has(entry.delivery.incident_id);
    const waiting = entries.slice(busy ? 1 : 0).find(({ delivery }) => RINGS.has(delivery.event));
    if (!waiting) return false;
    // It fares no better than the one before, so whoever comes after it is told now.
    if (waiting.stalled) this.#deps.record(entry.delivery, 'stalled');
    this.#deps.record({ ...entry.delivery, status: 'cancelled' }, 'cancelled');
    return true;
  }

  #pump(): void {
    if (this.#stopping) return;
    const now = this.#deps.clock.monotonic();
    while (this.#busy.size < this.#deps.limits.concurrency && this.#pausedUntil <= now) {
      const next = this.#next(now);
      if (!next) break;
      this.#busy.add(next.delivery.incident_id);
      void this.#send(next).then(() => {
        this.#busy.delete(next.delivery.incident_id);
        if (this.#busy.size === 0) this.#idle?.();
        this.#pump();
      });
    }
    if (this.#busy.size < this.#deps.limits.concurrency || now - this.#stallsSoughtAt >= SEEK_STALLS_MS) {
      this.#noticeStalls(now);
    }
    this.#sleep(now);
  }

  /** The most urgent one that may leave. Thousands may wait, so they are not all looked at each time. */
  #next(now: number): Entry | undefined {
    const mayLeave = (head: Entry) =>
      head.notBefore <= now &&
      !this.#busy.has(head.delivery.incident_id) &&
      this.#incidents.get(head.delivery.incident_id)?.[0] === head;
    if (now - this.#orderedAt < ORDER_HOLDS_MS) {
      for (let next = this.#order.pop(); next; next = this.#order.pop()) if (mayLeave(next)) return next;
    }
    this.#orderedAt = now;
    const urgency = ({ delivery }: Entry) => this.#deps.urgency(delivery.incident_id);
    this.#order = [...this.#incidents.values()]
      .flatMap(([head]) => (head && mayLeave(head) ? [{ head, urgency: urgency(head) }] : []))
      .reverse()
      .sort((a, b) => b.urgency - a.urgency)
      .map(({ head }) => head);
    return this.#order.pop();
  }

  /** Whether it waits in backoff, for its turn, or for the time that the vendor named: others are told in its stead. */
  #noticeStalls(now: number): void {
    this.#stallsSoughtAt = now;
    for (const [incident, [head]] of this.#incidents) {
      if (!head || head.stalled || this.#busy.has(incident) || now < this.#stallsAt(head)) continue;
      head.stalled = true;
      const last_error = head.delivery.last_error ?? 'waits for the channel to take anything at all';
      head.delivery = { ...head.delivery, last_error };
      this.#deps.record(head.delivery, 'stalled');
    }
  }

  #stallsAt(entry: Entry): number {
    return (entry.firstTriedAt ?? entry.enteredAt) + this.#deps.limits.stalledAfterMs;
  }

  /** Waits for the next retry, if one is due later; at most one timer per channel. */
  #sleep(now: number): void {
    this.#wake?.abort(new Error('superseded'));
    this.#wake = null;
    if (this.#busy.size >= this.#deps.limits.concurrency) return;
    let due = Number.POSITIVE_INFINITY;
    for (const [incident, [head]] of this.#incidents) {
      if (!head || this.#busy.has(incident)) continue;
      due = Math.min(due, Math.max(head.notBefore, this.#pausedUntil));
      if (!head.stalled) due = Math.min(due, this.#stallsAt(head));
    }
    if (due === Number.POSITIVE_INFINITY) return;
    const wake = new AbortController();
    this.#wake = wake;
    this.#deps.clock.timer(Math.max(0, due - now), wake.signal).then(
      () => this.#pump(),
      () => undefined, // superseded by a later call, which has its own timer
    );
  }

  async #send(entry: Entry): Promise<void> {
    const { clock, limits } = this.#deps;
    if (entry.delivery.event === 'incident.triggered' && entry.firstTriedAt === null) {
      await this.#deps.ready(entry.delivery.incident_id);
    }
    const notification = this.#deps.compose(entry.delivery);
    if (notification === null) {
      this.#settle(entry, 'cancelled', {});
      return;
    }
    entry.firstTriedAt ??= clock.monotonic();
    const asked = entry.lookup !== null && entry.lookups < LOOKUPS_BEFORE_SENDING_AGAIN;
    if (!asked) entry.attemptedSince = clock.now();
    const answer = await attemptWithin(clock, limits.attemptMs, this.#stop.signal, (abort) =>
      asked ? entry.lookup!(abort) : this.#notifier.notify(notification, abort),
    );
    if (this.#stop.signal.aborted && answer.status !== 'accepted') return;
    this.#judge(entry, answer, asked);
  }

  #judge(entry: Entry, answer: Delivery, asked: boolean): void {
    const { clock, limits } = this.#deps;
    entry.lookups = asked ? entry.lookups + 1 : 0;
    entry.delivery = {
      ...entry.delivery,
      attempts: entry.delivery.attempts + (asked ? 0 : 1),
      last_attempt_at: new Date(clock.now()).toISOString(),
    };
    if (answer.status === 'accepted') {
      if (answer.providerRef) this.took(answer.providerRef);
      this.#settle(entry, 'accepted', { provider_ref: answer.providerRef ?? null, last_error: null });
      return;
    }
    const last_error = answer.error.message;
    const triedForMs = clock.monotonic() - entry.firstTriedAt!;
    if (answer.status === 'failure') this.#settle(entry, 'failed', { last_error });
    else if (triedForMs >= limits.horizonMs) {
      const hours = Math.round((limits.horizonMs / 3_600_000) * 10) / 10;
      this.#settle(entry, 'failed', { last_error: `given up after ${hours} h: ${last_error}` });
    } else {
      this.#postpone(entry, answer, asked);
      entry.delivery = { ...entry.delivery, last_error };
      const stalled = !entry.stalled && triedForMs >= limits.stalledAfterMs;
      entry.stalled ||= stalled;
      this.#deps.record(entry.delivery, stalled ? 'stalled' : 'tried');
    }
  }

  /** Says when the next attempt is made, and whether it sends or asks. */
  #postpone(entry: Entry, answer: Exclude<Delivery, { status: 'accepted' | 'failure' }>, asked: boolean): void {
    const now = this.#deps.clock.monotonic();
    if (answer.status === 'ambiguous') entry.lookup = () => answer.lookup();
    else if (asked) {
      // The vendor knows that it did not arrive, so it is sent now.
      entry.lookup = null;
      entry.notBefore = now;
      return;
    } else entry.lookup = this.#lookupAfterSilence(entry, answer.error);
    const retryAfterMs = answer.status === 'retryable' ? Math.min(answer.retryAfterMs ?? 0, LONGEST_PAUSE_MS) : 0;
    // Being told to wait is about the account, not about this one notification.
    if (retryAfterMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfterMs);
    const tries = Math.max(1, entry.delivery.attempts);
    entry.notBefore = now + backoffMs(BACKOFF, tries, this.#deps.random, retryAfterMs);
  }

  /** Our own time-out says nothing about what the vendor did. */
  #lookupAfterSilence(entry: Entry, error: Error): Entry['lookup'] {
    if (!this.#notifier.lookup || !(error instanceof NoAnswer)) return null;
    return (abort) => this.#ask(entry, abort);
  }

  async #ask(entry: Entry, abort: AbortSignal): Promise<Delivery> {
    const notification = this.#deps.compose(entry.delivery);
    if (!notification) return { status: 'retryable', error: new Error('no longer wanted') };
    const attempt = { since: entry.attemptedSince, others: this.#accepted };
    return this.#notifier.lookup!(notification, attempt, abort);
  }

  #settle(entry: Entry, outcome: DeliveryOutcome & QueuedDelivery['status'], patch: Partial<QueuedDelivery>): void {
    const incident = entry.delivery.incident_id;
    const entries = this.#incidents.get(incident) ?? [];
    const left = entries.filter((other) => other !== entry);
    // Written in place: others may hold the array.
    entries.splice(0, entries.length, ...left);
    if (left.length === 0) this.#incidents.delete(incident);
    this.#deps.record({ ...entry.delivery, ...patch, status: outcome }, outcome);
  }
}
