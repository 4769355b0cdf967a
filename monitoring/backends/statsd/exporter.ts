import { toError } from '../../../core/errors.ts';
import type { Batch, Exported, Exporter, SpoolRecord } from '../../exporter.ts';
import type { StatsdForwarder } from '../../statsd/index.ts';

/** Sends StatsD lines on as they are; spans, logs and metrics of OTLP are left out. */
export class StatsdExporter implements Exporter {
  readonly #forwarder: StatsdForwarder;
  readonly #underWay = new Set<Promise<Exported>>();
  #running = false;
  #stop = new AbortController();

  constructor(forwarder: StatsdForwarder) {
    this.#forwarder = forwarder;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#forwarder.start();
    this.#stop = new AbortController();
    this.#running = true;
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    if (!this.#running) return { ...NOTHING, retry: batch, error: new Error('the exporter is not running') };
    if (abort.aborted) return { ...NOTHING, retry: batch, error: toError(abort.reason) };
    const exporting = this.#export(batch, AbortSignal.any([abort, this.#stop.signal]));
    this.#underWay.add(exporting);
    try {
      return await exporting;
    } finally {
      this.#underWay.delete(exporting);
    }
  }

  async #export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const records = batch.records.filter(({ encoding }) => encoding === 'statsd');
    const filtered = leftOut(batch.records);
    try {
      const counts = await this.#forwarder.forward(records, abort);
      const sent = counts.reduce((sum, count) => sum + count, 0);
      const malformed = records.reduce((sum, { items }) => sum + items, 0) - sent;
      return {
        accepted: sent > 0 ? { metrics: sent } : {},
        ...filtered,
        // Without its place: sent again as a dead letter, the good lines of the record would count twice.
        rejected: malformed > 0 ? [{ signal: 'metrics', count: malformed, reason: 'malformed line' }] : [],
      };
    } catch (thrown) {
      return { ...NOTHING, ...filtered, retry: { records, end: batch.end }, error: toError(thrown) };
    }
  }

  /** Lets what is under way end; when `abort` fires it comes back as `retry`. */
  async shutdown(abort: AbortSignal): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    const stop = () => this.#stop.abort(toError(abort.reason));
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    await Promise.allSettled(this.#underWay);
    abort.removeEventListener('abort', stop);
    this.#forwarder.close();
  }
}

const NOTHING: Exported = { accepted: {}, rejected: [] };

function leftOut(records: readonly SpoolRecord[]): Pick<Exported, 'filtered'> {
  const filtered: NonNullable<Exported['filtered']> = {};
  for (const { encoding, signal, items } of records) {
    if (encoding !== 'statsd') filtered[signal] = (filtered[signal] ?? 0) + items;
  }
  return Object.keys(filtered).length > 0 ? { filtered } : {};
}
