import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import type { Batch, Exported, Exporter, Rejection, Signal } from '../../exporter.ts';
import { Applied } from './applied.ts';
import type { PrometheusConfig } from './config.ts';
import { expose, type Format } from './exposition.ts';
import { Intake } from './intake.ts';
import { ScrapeServer } from './scrape-server.ts';
import { emptySeries, type Family, SeriesTable } from './series.ts';
import { takeSnapshot, writeSnapshot } from './snapshot.ts';

/**
 * Keeps counters, gauges and histograms in memory for Prometheus to fetch. An item is accepted once it is in them; a
 * batch is added in one go, so there is nothing to abort.
 */
export class PrometheusExporter implements Exporter {
  readonly #config: PrometheusConfig;
  readonly #clock: Clock;
  #table: SeriesTable;
  #applied = new Applied();
  #intake: Intake;
  #server: ScrapeServer | undefined;
  #starting: Promise<void> | undefined;
  #isStarted = false;

  constructor(config: PrometheusConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#table = new SeriesTable(config.maxSeries);
    this.#intake = new Intake(this.#table, config.spanMetrics);
  }

  /** Succeeds where the port is taken by another: exports then try again. */
  async start(): Promise<void> {
    if (this.#isStarted) return;
    await mkdir(this.#config.dataDir, { recursive: true });
    const snapshot = await takeSnapshot(this.#config.dataDir);
    this.#table = new SeriesTable(this.#config.maxSeries);
    this.#intake = new Intake(this.#table, this.#config.spanMetrics, snapshot?.refusals);
    if (snapshot) this.#table.restore(snapshot.families);
    this.#applied = new Applied(snapshot?.applied);
    this.#isStarted = true;
    // Whoever exports first is told why.
    await this.#listen().catch(() => undefined);
  }

  /** Where Prometheus fetches; undefined while nothing listens. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    this.#starting ??= this.#open().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #open(): Promise<void> {
    const { host, port, token } = this.#config;
    const server = new ScrapeServer({
      host,
      port,
      ...(token === undefined ? {} : { token }),
      page: (format) => this.page(format),
    });
    try {
      await server.listen();
    } catch (error) {
      throw new Error(
        `${host}:${port} cannot be listened on (${toError(error).message}); choose another with "listen"`,
      );
    }
    this.#server = server;
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const handBack = (error: Error): Exported => ({ accepted: {}, rejected: [], retry: batch, error });
    if (!this.#isStarted) return handBack(new Error('not started'));
    if (abort.aborted) return handBack(toError(abort.reason));
    try {
      await this.#listen();
    } catch (error) {
      return handBack(toError(error));
    }
    if (!this.#isStarted) return handBack(new Error('shutting down'));
    return this.#add(batch);
  }

  #add(batch: Batch): Exported {
    const accepted: Partial<Record<Signal, number>> = {};
    const filtered: Partial<Record<Signal, number>> = {};
    const rejected: Rejection[] = [];
    for (const record of batch.records) {
      const { signal, position } = record;
      const taken = this.#intake.take(record, this.#applied.has(position), this.#clock.now());
      if (taken.accepted > 0) accepted[signal] = (accepted[signal] ?? 0) + taken.accepted;
      if (taken.filtered > 0) filtered[signal] = (filtered[signal] ?? 0) + taken.filtered;
      for (const [reason, count] of taken.rejected) rejected.push({ signal, count, reason, position });
    }
    this.#applied.add(batch);
    return { accepted, ...(Object.keys(filtered).length > 0 ? { filtered } : {}), rejected };
  }

  /** What a scrape gets now. */
  page(format: Format): string {
    const now = this.#clock.now();
    this.#table.expire(now - this.#config.expireAfterMs);
    return [...expose([...this.#table.families.values(), ...this.#ownFamilies()], format)].join('');
  }

  #ownFamilies(): Family[] {
    const own = (name: string, type: Family['type'], help: string, value: number): Family => ({
      name,
      type,
      help,
      series: new Map([['', { ...emptySeries({}), value }]]),
    });
    const { size, overflowed } = this.#table;
    return [
      own('ringdown_scrape_series', 'gauge', 'Series held for scraping.', size),
      own('ringdown_scrape_overflowed_points', 'counter', 'Points in series that stand for the rest.', overflowed),
    ];
  }

  async shutdown(_abort: AbortSignal): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    await this.#starting?.catch(() => undefined);
    await this.#server?.close();
    this.#server = undefined;
    await writeSnapshot(this.#config.dataDir, this.#table, this.#applied, this.#intake.refusals);
  }
}
