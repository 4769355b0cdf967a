import type { LiveEvent } from './resources.ts';

type Listener = (event: LiveEvent) => void;

/** Carries what changed to everyone who watches. A listener must not throw and must not wait. */
export class LiveEvents {
  #listeners = new Set<Listener>();

  publish(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
