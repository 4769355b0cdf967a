import { createHash, randomUUID } from 'node:crypto';
import type { DeploymentStore } from '../../alerts/alert-store.ts';
import type { Deployment } from '../../alerts/incident.ts';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import type { Reader } from '../../monitoring/reader.ts';

const LOOK_EVERY_MS = 15_000;
const LOOK_BACK_MS = 7 * 86_400_000;
const QUERY_TIMEOUT_MS = 5_000;
const REMEMBERED = 200;

interface Deps {
  clock: Clock;
  store: DeploymentStore;
  reader: Reader;
  /** One that was not known before. */
  onDeployment?(deployment: Deployment): void;
  onTrouble(error: Error): void;
}

/**
 * Knows the last deployment of each service: posted, or told by a `service.version` that was not seen before. Kept in
 * memory too, because a page does not wait for the database.
 */
export class Deployments implements Component {
  readonly #deps: Deps;
  readonly #stop = new AbortController();
  #known = new Map<string, Deployment>();
  #remembers = false;
  #looking: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    await this.#remember().catch((error) => this.#deps.onTrouble(toError(error)));
    this.#looking ??= this.#look();
  }

  async shutdown(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async record(deployment: Omit<Deployment, 'id' | 'source'>): Promise<Deployment> {
    const recorded: Deployment = { id: randomUUID(), source: 'api', ...deployment };
    await this.#add(recorded);
    return recorded;
  }

  /** The newest; one without an environment counts for all of them. */
  latest(service: string, environment: string): Deployment | null {
    let newest: Deployment | null = null;
    for (const deployment of this.#known.values()) {
      if (deployment.service !== service) continue;
      if (deployment.environment !== null && deployment.environment !== environment) continue;
      if (!newest || deployment.deployed_at > newest.deployed_at) newest = deployment;
    }
    return newest;
  }

  async #add(deployment: Deployment): Promise<void> {
    this.#known.set(deployment.id, deployment);
    this.#deps.onDeployment?.(deployment);
    await this.#deps.store.add(deployment);
  }

  /** What earlier lives of the watcher knew, once the database tells. */
  async #remember(): Promise<void> {
    if (this.#remembers) return;
    const { items } = await this.#deps.store.list({ limit: REMEMBERED });
    for (const deployment of items) this.#known.set(deployment.id, deployment);
    this.#remembers = true;
  }

  async #look(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#deps.clock.timer(LOOK_EVERY_MS, this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) return;
      await this.#lookOnce().catch((error) => this.#deps.onTrouble(toError(error)));
    }
  }

  async #lookOnce(): Promise<void> {
    await this.#remember();
    const now = this.#deps.clock.now();
    const abort = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(QUERY_TIMEOUT_MS)]);
    const versions = await this.#deps.reader.ask(
      { ask: 'versions' },
      { from: now - LOOK_BACK_MS, to: now + 60_000 },
      abort,
    );
    for (const [service, seen] of Map.groupBy(versions, (version) => version.service)) {
      // The first version ever seen of a service tells that it exists, not that it changed.
      const changes = seen.toSorted((a, b) => a.first_seen.localeCompare(b.first_seen)).slice(1);
      for (const { version, first_seen } of changes) {
        const id = createHash('sha256')
          .update(JSON.stringify([service, version]))
          .digest('hex')
          .slice(0, 32);
        if (this.#known.has(id) || this.#posted(service, version)) continue;
        const deployed_at = new Date(first_seen).toISOString();
        await this.#add({
          id,
          service,
          environment: null,
          version,
          deployed_at,
          source: 'telemetry',
          description: null,
        });
      }
    }
  }

  #posted(service: string, version: string): boolean {
    return [...this.#known.values()].some((known) => known.service === service && known.version === version);
  }
}
