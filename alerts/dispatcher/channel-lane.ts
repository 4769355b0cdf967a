import type { Delivery } from '../../core/delivery.ts';
import { backoffMs } from '../../core/retry.ts';
import type { DeliveryOutcome } from '../engine/answer.ts';
import type { QueuedDelivery } from '../engine/state.ts';
import type { NotificationEvent } from '../incident.ts';
import type { Account, Lane, Offer } from './account.ts';
import { attemptWithin, NoAnswer } from './attempt.ts';
import type { ChannelHealth, ChannelToTell, DispatcherDeps } from './dispatcher.ts';
import { type Entry, Queue } from './queue.ts';

const RINGS: ReadonlySet<NotificationEvent> = new Set(['incident.triggered', 'incident.escalated']);
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** A vendor that keeps answering "I don't know" is believed to have lost it: a second call is better than none. */
const LOOKUPS_BEFORE_SENDING_AGAIN = 3;
/** A vendor that asks for more would silence a channel by one answer. */
const LONGEST_PAUSE_MS = 15 * 60_000;
/** How often a channel that is fully busy looks for those that it keeps waiting. */
const SEEK_STALLS_MS = 1_000;
/** References that are remembered, so that no call is taken for another. */
const REFERENCES_KEPT = 1_000;
/** A channel that refused for good, such as with a wrong key, counts as down until it takes something, or for so long. */
const REFUSAL_COUNTS_MS = 3_600_000;
/** A server that is restarted listens again a moment later; one that refuses twice is down. */
const REFUSALS_TO_BE_DOWN = 2;

/** One channel: its incidents side by side, within an incident one after the other. */
export class ChannelLane implements Lane {
  readonly #name: string;
  readonly #channel: ChannelToTell;
  readonly #account: Account;
  readonly #deps: DispatcherDeps;
  readonly #queue: Queue;
  readonly #deadlineMs: number;
  readonly #stop = new AbortController();
  /** The vendor's references of what it accepted. */
  readonly #accepted = new Set<string>();
  /** Why it did not take something; null since it took something. */
  #lastError: string | null = null;
  /** Monotonic: final refusals since it last took something. */
  #refused: { since: number; latest: number } | null = null;
  #stallsSoughtAt = Number.NEGATIVE_INFINITY;
  #wake: { due: number; abort: AbortController } | null = null;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(name: string, channel: ChannelToTell, account: Account, deps: DispatcherDeps) {
    this.#name = name;
    this.#channel = channel;
    this.#account = account;
    this.#deps = deps;
    this.#deadlineMs = channel.deadlineMs ?? deps.limits.stalledAfterMs;
    this.#queue = new Queue((incident) => deps.urgency(incident));
    account.join(this);
  }

  add(delivery: QueuedDelivery, resumed: boolean): void {
    const entries = this.#queue.of(delivery.incident_id);
    if (entries.some((entry) => entry.delivery.delivery_id === delivery.delivery_id)) return;
    // Each update says how things stand when it is sent, so one that waits is enough.
    const waiting = entries.slice(1).find((entry) => entry.delivery.event === 'incident.updated');
    if (waiting && delivery.event === 'incident.updated') this.#settle(waiting, 'cancelled', {});
    const now = this.#deps.clock.monotonic();
    const entry: Entry = {
      delivery,
      attemptedSince: Date.parse(delivery.due_at),
      lookup: null,
      lookups: 0,
      notBefore: 0,
      enteredAt: now,
      firstTriedAt: null,
      refusals: 0,
      stalled: false,
    };
    if (resumed && this.#channel.notifier.lookup) entry.lookup = (abort) => this.#ask(entry, abort);
    if (this.#ringsAlready(entry)) return;
    this.#queue.add(entry);
    this.#dropUnwanted(delivery.incident_id);
    this.#account.pump();
    if (!this.#queue.isBusy(delivery.incident_id)) this.#sleepUntil(this.#stallsAt(entry), now);
  }

  /** Another notification has this reference. */
  took(providerRef: string): void {
    this.#accepted.add(providerRef);
    if (this.#accepted.size > REFERENCES_KEPT) this.#accepted.delete(this.#accepted.values().next().value!);
  }

  health(): ChannelHealth {
    const now = this.#deps.clock.monotonic();
    let waiting = 0;
    const refused = this.#refused !== null && now - this.#refused.latest < REFUSAL_COUNTS_MS;
    let waitingMs = refused ? now - this.#refused!.since : 0;
    for (const { firstTriedAt, delivery } of this.#queue.entries()) {
      waiting++;
      if (firstTriedAt !== null && delivery.last_error !== null) waitingMs = Math.max(waitingMs, now - firstTriedAt);
    }
    return { name: this.#name, waiting, waitingMs, lastError: this.#lastError };
  }

  async shutdown(abort: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#wake?.abort.abort(new Error('shutting down'));
    if (this.#queue.busy === 0) return;
    const stop = () => this.#stop.abort(abort.reason);
    if (abort.aborted) stop();
    else abort.addEventListener('abort', stop, { once: true });
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    abort.removeEventListener('abort', stop);
  }

  offer(now: number, longest: boolean): Offer | undefined {
    if (this.#stopping || this.#queue.busy >= this.#deps.limits.concurrency) return undefined;
    const entry = longest ? this.#queue.oldest(now) : this.#queue.first(now);
    return entry && { rank: this.#queue.rank(entry), waitsSince: entry.enteredAt, go: () => this.#go(entry) };
  }

  #go(entry: Entry): void {
    this.#queue.begin(entry);
    void this.#send(entry).then(() => {
      this.#queue.end(entry);
      if (this.#queue.busy === 0) this.#idle?.();
      if (this.#stopping) return;
      this.#account.pump();
      this.#lookAround();
    });
  }

  /** An escalation that waits in backoff has nothing to say once somebody answered; what follows must not wait for it. */
  #dropUnwanted(incident: string): void {
    if (this.#queue.isBusy(incident)) return;
    for (let head = this.#queue.of(incident)[0]; head; head = this.#queue.of(incident)[0]) {
      if (head.firstTriedAt === null || this.#deps.compose(head.delivery) !== null) return;
      this.#settle(head, 'cancelled', {});
    }
  }

  /**
   * While a channel is down, rings would pile up and all go off when it is back. One that still waits to ring is enough.
   * @returns true when the new one is superfluous, and settled
   */
  #ringsAlready(entry: Entry): boolean {
    const { incident_id, event } = entry.delivery;
    if (event !== 'incident.escalated') return false;
    const entries = this.#queue.of(incident_id).slice(this.#queue.isBusy(incident_id) ? 1 : 0);
    const waiting = entries.find(({ delivery }) => RINGS.has(delivery.event));
    if (!waiting) return false;
    // It fares no better than the one before, so whoever comes after it is told now.
    if (waiting.stalled) this.#deps.record(entry.delivery, 'stalled');
    this.#deps.record({ ...entry.delivery, status: 'cancelled' }, 'cancelled');
    return true;
  }

  /** Who waits too long, and when to look again. Reads all that wait, so it is done after an attempt, or when one is due. */
  #lookAround(): void {
    const now = this.#deps.clock.monotonic();
    const free = this.#queue.busy < this.#deps.limits.concurrency;
    if (free || now - this.#stallsSoughtAt >= SEEK_STALLS_MS) this.#noticeStalls(now);
    if (!free) return;
    let due = Number.POSITIVE_INFINITY;
    for (const head of this.#queue.heads()) {
      const leaves = Math.max(head.notBefore, this.#account.pausedUntil);
      // What only waits for its turn is called by the account.
      if (leaves > now) due = Math.min(due, leaves);
      if (!head.stalled) due = Math.min(due, this.#stallsAt(head));
    }
    this.#sleepUntil(due, now);
  }

  /** Whether it waits in backoff, for its turn, or for the time that the vendor named: others are told in its stead. */
  #noticeStalls(now: number): void {
    this.#stallsSoughtAt = now;
    for (const head of [...this.#queue.heads()]) {
      if (head.stalled || now < this.#stallsAt(head)) continue;
      head.stalled = true;
      const last_error = head.delivery.last_error ?? 'waits for the channel to take anything at all';
      head.delivery = { ...head.delivery, last_error };
      this.#deps.record(head.delivery, 'stalled');
    }
  }

  /** A channel that takes as much as its vendor allows is not down: what waits behind the limit is told in its turn. */
  #stallsAt(entry: Entry): number {
    if (entry.firstTriedAt !== null) return entry.firstTriedAt + this.#deadlineMs;
    const since = this.#account.limited ? Math.max(entry.enteredAt, this.#account.acceptedAt) : entry.enteredAt;
    return since + this.#deadlineMs;
  }

  /** At most one timer per channel. */
  #sleepUntil(due: number, now: number): void {
    if (due === Number.POSITIVE_INFINITY || this.#stopping || (this.#wake && this.#wake.due <= due)) return;
    this.#wake?.abort.abort(new Error('superseded'));
    const abort = new AbortController();
    this.#wake = { due, abort };
    this.#deps.clock.timer(Math.max(0, due - now), abort.signal).then(
      () => {
        this.#wake = null;
        this.#account.pump();
        this.#lookAround();
      },
      () => undefined, // superseded by an earlier one, or stopped
    );
  }

  async #send(entry: Entry): Promise<void> {
    const { clock, limits } = this.#deps;
    if (entry.delivery.event === 'incident.triggered' && entry.firstTriedAt === null) {
      await this.#deps.ready(entry.delivery.incident_id);
    }
    const notification = this.#deps.compose(entry.delivery);
    if (notification === null) {
      this.#account.giveBack();
      this.#settle(entry, 'cancelled', {});
      return;
    }
    entry.firstTriedAt ??= clock.monotonic();
    const asked = entry.lookup !== null && entry.lookups < LOOKUPS_BEFORE_SENDING_AGAIN;
    if (!asked) entry.attemptedSince = clock.now();
    const answer = await attemptWithin(
      clock,
      Math.min(limits.attemptMs, this.#deadlineMs),
      this.#stop.signal,
      (abort) => (asked ? entry.lookup!(abort) : this.#channel.notifier.notify(notification, abort)),
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
      this.#lastError = null;
      this.#refused = null;
      this.#account.acceptedAt = clock.monotonic();
      this.#queue.told(entry.delivery.incident_id);
      if (answer.providerRef) this.took(answer.providerRef);
      const patch = { provider_ref: answer.providerRef ?? null, last_error: null };
      this.#settle(entry, 'accepted', patch, answer.messageRef);
      return;
    }
    const last_error = answer.error.message;
    this.#lastError = last_error;
    const triedForMs = clock.monotonic() - entry.firstTriedAt!;
    if (answer.status === 'failure') {
      const now = clock.monotonic();
      this.#refused = { since: this.#refused?.since ?? now, latest: now };
      this.#settle(entry, 'failed', { last_error });
    } else if (triedForMs >= limits.horizonMs && !this.#isCalledFor(entry)) {
      const hours = Math.round((limits.horizonMs / 3_600_000) * 10) / 10;
      this.#settle(entry, 'failed', { last_error: `given up after ${hours} h: ${last_error}` });
    } else {
      entry.refusals = answer.status === 'retryable' && answer.unreachable ? entry.refusals + 1 : 0;
      this.#postpone(entry, answer, asked);
      entry.delivery = { ...entry.delivery, last_error };
      const down = entry.refusals >= REFUSALS_TO_BE_DOWN || triedForMs >= this.#deadlineMs;
      const stalled = !entry.stalled && down;
      entry.stalled ||= stalled;
      this.#deps.record(entry.delivery, stalled ? 'stalled' : 'tried');
    }
  }

  /** A page about what nobody has taken is never given up: an outage that took every channel along ends some day. */
  #isCalledFor({ delivery }: Entry): boolean {
    return RINGS.has(delivery.event) && this.#deps.compose(delivery)?.incident.state === 'triggered';
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
    if (retryAfterMs > 0) this.#account.pauseUntil(now + retryAfterMs);
    const tries = Math.max(1, entry.delivery.attempts);
    entry.notBefore = now + backoffMs(BACKOFF, tries, this.#deps.random, retryAfterMs);
  }

  /** Our own time-out says nothing about what the vendor did. */
  #lookupAfterSilence(entry: Entry, error: Error): Entry['lookup'] {
    if (!this.#channel.notifier.lookup || !(error instanceof NoAnswer)) return null;
    return (abort) => this.#ask(entry, abort);
  }

  async #ask(entry: Entry, abort: AbortSignal): Promise<Delivery> {
    const notification = this.#deps.compose(entry.delivery);
    if (!notification) return { status: 'retryable', error: new Error('no longer wanted') };
    const attempt = { since: entry.attemptedSince, others: this.#accepted };
    return this.#channel.notifier.lookup!(notification, attempt, abort);
  }

  #settle(
    entry: Entry,
    outcome: DeliveryOutcome & QueuedDelivery['status'],
    patch: Partial<QueuedDelivery>,
    messageRef?: string,
  ): void {
    this.#queue.remove(entry);
    this.#deps.record({ ...entry.delivery, ...patch, status: outcome }, outcome, messageRef);
  }
}
