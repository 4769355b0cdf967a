import type { Batch, Exported, Exporter, SpoolPosition } from '../../exporter.ts';
import type { Store } from './store.ts';

/** The writing half: one transaction per batch, the place in the spool inside it. */
export class EmbeddedExporter implements Exporter {
  readonly #store: Store;
  #stop = new AbortController();

  constructor(store: Store) {
    this.#store = store;
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
    await this.#store.start();
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    return await this.#store.ingest(batch, AbortSignal.any([abort, this.#stop.signal]));
  }

  committed(): SpoolPosition | undefined {
    return this.#store.committed();
  }

  /** Lets a running export finish; when `abort` fires it is rolled back and comes back as `retry`. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const stop = () => this.#stop.abort(abort.reason);
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    try {
      await this.#store.shutdown();
    } finally {
      abort.removeEventListener('abort', stop);
    }
  }
}
