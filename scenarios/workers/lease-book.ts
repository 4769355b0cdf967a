import type { WorkerHello } from './protocol.ts';

/** Milliseconds of monotonic time. */
export interface LeaseLengths {
  /** Work that no worker took for so long was not done. */
  readonly waitsMs: number;
  /** Without a heartbeat for so long a worker has lost what it was given. */
  readonly leaseMs: number;
  /** A worker that was silent for so long is offline. */
  readonly offlineMs: number;
  /** And for so long, forgotten. */
  readonly forgottenMs: number;
}

export const LEASE_LENGTHS: LeaseLengths = {
  waitsMs: 10_000,
  leaseMs: 15_000,
  offlineMs: 60_000,
  forgottenMs: 24 * 3_600_000,
};

const MOST_TRIES = 2;
/** A worker that asks first does not take what others could begin at once. */
const MOST_AT_ONCE = 10;
const ENDED_KEPT = 20_000;
const WORKERS_KEPT = 1_000;

/** One run of a monitor, wanted at one location. */
export interface Order<Work> {
  readonly monitor: string;
  readonly location: string;
  readonly work: Work;
  /** However much its worker lives, the run ends within this. */
  readonly budgetMs: number;
}

export interface Granted<Work> {
  readonly lease: string;
  readonly order: Order<Work>;
}

export interface Settled<Work> {
  readonly order: Order<Work>;
  readonly grantedAt: number;
  /** `late`: the order was given up, or somebody else's answer was first. `known`: this lease has answered already. */
  readonly outcome: 'counted' | 'late' | 'known';
}

export interface NotDone<Work> {
  readonly order: Order<Work>;
  readonly reason: string;
}

export interface KnownWorker extends WorkerHello {
  readonly connected: boolean;
  readonly running: number;
  /** What it was given and has not answered, the oldest first. */
  readonly runs: readonly { readonly monitor: string; readonly grantedAt: number }[];
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

interface Entry<Work> {
  readonly order: Order<Work>;
  waitsSince: number;
  /** Workers that had it. */
  readonly tried: Set<string>;
  lease: Lease<Work> | null;
}

interface Lease<Work> {
  readonly id: string;
  readonly entry: Entry<Work>;
  readonly worker: string;
  readonly grantedAt: number;
  renewedAt: number;
  answered: boolean;
}

interface Row {
  hello: WorkerHello;
  firstSeenAt: number;
  lastSeenAt: number;
}

/**
 * Who runs what, and until when: at most one order of a monitor at a location is open, whoever answers it first is
 * believed, and what nobody answers in time was not done, which is no failure. No I/O and no timers; every time is given,
 * monotonic.
 */
export class LeaseBook<Work> {
  readonly #lengths: LeaseLengths;
  readonly #newId: () => string;
  readonly #entries = new Map<string, Entry<Work>>();
  readonly #waiting = new Map<string, Set<Entry<Work>>>();
  readonly #leases = new Map<string, Lease<Work>>();
  /** Leases that are over, so that a late answer is known as one. */
  readonly #ended = new Map<string, Lease<Work>>();
  readonly #workers = new Map<string, Row>();

  constructor(newId: () => string, lengths: LeaseLengths = LEASE_LENGTHS) {
    this.#newId = newId;
    this.#lengths = lengths;
  }

  /** @returns false when that location still has an order of the monitor; nothing was taken */
  offer(order: Order<Work>, now: number): boolean {
    const key = keyOf(order);
    if (this.#entries.has(key)) return false;
    const entry: Entry<Work> = { order, waitsSince: now, tried: new Set(), lease: null };
    this.#entries.set(key, entry);
    this.#wait(entry);
    return true;
  }

  /** A worker was heard of. */
  see(hello: WorkerHello, now: number): void {
    const known = this.#workers.get(hello.id);
    if (!known && this.#workers.size >= WORKERS_KEPT) this.#forgetOldest();
    this.#workers.set(hello.id, { hello, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now });
  }

  /** Gives waiting orders of the worker's location to it, the oldest first. */
  take(worker: WorkerHello, capacity: number, now: number): Granted<Work>[] {
    this.see(worker, now);
    const granted: Granted<Work>[] = [];
    for (const entry of this.#waiting.get(worker.location) ?? []) {
      if (granted.length >= Math.min(capacity, MOST_AT_ONCE)) break;
      if (entry.tried.has(worker.id)) continue;
      const id = this.#newId();
      const lease: Lease<Work> = { id, entry, worker: worker.id, grantedAt: now, renewedAt: now, answered: false };
      this.#waiting.get(worker.location)!.delete(entry);
      entry.lease = lease;
      entry.tried.add(worker.id);
      this.#leases.set(id, lease);
      granted.push({ lease: id, order: entry.order });
    }
    return granted;
  }

  /** Something waits that this worker could take. */
  hasWork(worker: WorkerHello): boolean {
    for (const entry of this.#waiting.get(worker.location) ?? []) if (!entry.tried.has(worker.id)) return true;
    return false;
  }

  /** The worker still runs these. */
  renew(worker: WorkerHello, leases: readonly string[], now: number): void {
    this.see(worker, now);
    for (const id of leases) {
      const lease = this.#leases.get(id);
      if (lease?.worker === worker.id) lease.renewedAt = now;
    }
  }

  /** The answer that granted them never left: they wait again, where they were. */
  handBack(leases: readonly string[]): void {
    for (const id of leases) {
      const lease = this.#leases.get(id);
      if (!lease) continue;
      this.#end(lease);
      lease.entry.tried.delete(lease.worker);
      this.#wait(lease.entry);
    }
  }

  /** A worker tells how a lease ended. Undefined: no such lease was ever given, or it was forgotten. */
  settle(id: string, workerId: string): Settled<Work> | undefined {
    const lease = this.#leases.get(id) ?? this.#ended.get(id);
    if (lease?.worker !== workerId) return undefined;
    const { entry, grantedAt } = lease;
    if (lease.answered) return { order: entry.order, grantedAt, outcome: 'known' };
    lease.answered = true;
    // It may have been given to somebody else meanwhile, whose answer then comes too late.
    const open = this.#entries.get(keyOf(entry.order)) === entry;
    if (open) this.#close(entry);
    else this.#end(lease);
    return { order: entry.order, grantedAt, outcome: open ? 'counted' : 'late' };
  }

  /** Takes back what its worker has lost, and gives up what nobody does. */
  expire(now: number): NotDone<Work>[] {
    const given: NotDone<Work>[] = [];
    for (const entry of [...this.#entries.values()]) {
      const reason = entry.lease ? this.#lost(entry, entry.lease, now) : this.#overdue(entry, now);
      if (reason === null) continue;
      this.#close(entry);
      given.push({ order: entry.order, reason });
    }
    for (const [id, { lastSeenAt }] of this.#workers) {
      if (now - lastSeenAt >= this.#lengths.forgottenMs) this.#workers.delete(id);
    }
    return given;
  }

  /** Nobody wants to know any more; an answer that is under way will be late. */
  drop(monitor: string): void {
    for (const entry of [...this.#entries.values()]) if (entry.order.monitor === monitor) this.#close(entry);
  }

  pending(monitor: string): boolean {
    for (const { order } of this.#entries.values()) if (order.monitor === monitor) return true;
    return false;
  }

  workers(now: number): KnownWorker[] {
    const given = Map.groupBy(this.#leases.values(), ({ worker }) => worker);
    return [...this.#workers.values()].map(({ hello, firstSeenAt, lastSeenAt }) => {
      const leases = given.get(hello.id) ?? [];
      return {
        ...hello,
        connected: now - lastSeenAt < this.#lengths.offlineMs,
        running: leases.length,
        runs: leases.map(({ entry, grantedAt }) => ({ monitor: entry.order.monitor, grantedAt })),
        firstSeenAt,
        lastSeenAt,
      };
    });
  }

  /** Orders that no worker has taken yet, by location, and since when the oldest of them waits. */
  waiting(): ReadonlyMap<string, { readonly count: number; readonly since: number }> {
    return new Map(
      [...this.#waiting].map(([location, entries]) => [
        location,
        { count: entries.size, since: Math.min(...[...entries].map(({ waitsSince }) => waitsSince)) },
      ]),
    );
  }

  #lost(entry: Entry<Work>, lease: Lease<Work>, now: number): string | null {
    const tooLong = now - lease.grantedAt >= entry.order.budgetMs;
    if (!tooLong && now - lease.renewedAt < this.#lengths.leaseMs) return null;
    const { location } = entry.order;
    const another = [...this.#workers.values()].some(
      ({ hello, lastSeenAt }) =>
        hello.location === location && !entry.tried.has(hello.id) && now - lastSeenAt < this.#lengths.leaseMs,
    );
    if (!another || entry.tried.size >= MOST_TRIES) {
      return tooLong
        ? `the worker in ${location} did not end the run in time`
        : `the worker in ${location} went silent`;
    }
    this.#end(lease);
    entry.waitsSince = now;
    this.#wait(entry);
    return null;
  }

  #overdue({ order: { location }, waitsSince }: Entry<Work>, now: number): string | null {
    if (now - waitsSince < this.#lengths.waitsMs) return null;
    const heard = [...this.#workers.values()].filter(({ hello }) => hello.location === location);
    if (heard.length === 0) return `no worker in ${location} has been heard of`;
    const silent = now - Math.max(...heard.map(({ lastSeenAt }) => lastSeenAt));
    return silent < this.#lengths.leaseMs
      ? `the workers in ${location} had no room for it`
      : `no worker in ${location} has been heard of for ${Math.round(silent / 1_000)} s`;
  }

  #wait(entry: Entry<Work>): void {
    entry.lease = null;
    const { location } = entry.order;
    const waiting = this.#waiting.get(location) ?? new Set();
    this.#waiting.set(location, waiting.add(entry));
  }

  #close(entry: Entry<Work>): void {
    const { location } = entry.order;
    this.#entries.delete(keyOf(entry.order));
    const waiting = this.#waiting.get(location);
    waiting?.delete(entry);
    if (waiting?.size === 0) this.#waiting.delete(location);
    if (entry.lease) this.#end(entry.lease);
  }

  #end(lease: Lease<Work>): void {
    this.#leases.delete(lease.id);
    if (lease.entry.lease === lease) lease.entry.lease = null;
    this.#ended.set(lease.id, lease);
    if (this.#ended.size > ENDED_KEPT) this.#ended.delete(this.#ended.keys().next().value!);
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#workers].sort(([, a], [, b]) => a.lastSeenAt - b.lastSeenAt);
    if (oldest) this.#workers.delete(oldest[0]);
  }
}

const keyOf = ({ monitor, location }: Pick<Order<unknown>, 'monitor' | 'location'>) => `${location}\n${monitor}`;
