import { StatsD } from 'hot-shots';
import type { RequestMetrics, Series } from './server/request-metrics.ts';

const COUNTER_INTERVAL_MS = 1000;
/** Up to this many requests a second every one is timed; above it a part, and the packets say which. */
const FULL_TIMING_PER_SECOND = 200;
/** One Ethernet frame: a larger datagram is split, and lost whole when one piece is. */
const MAX_PACKET_BYTES = 1432;

/**
 * `http.server.requests` (counter, summed here and sent once a second) and `http.server.request.duration`
 * (timer, milliseconds, sampled by rate) with the tags service, method, route, status and, for scenarios, synthetic.
 */
export class RequestStatsd {
  readonly #client: StatsD;
  readonly #metrics: RequestMetrics;
  readonly #ticker: NodeJS.Timeout;
  #sampleRate = 1;
  #seen = 0;
  /** Datagrams that could not be handed to the system. */
  errors = 0;

  constructor(address: { host: string; port: number }, serviceName: string, metrics: RequestMetrics) {
    this.#metrics = metrics;
    this.#client = new StatsD({
      ...address,
      protocol: 'udp',
      cacheDns: true,
      maxBufferSize: MAX_PACKET_BYTES,
      bufferFlushInterval: COUNTER_INTERVAL_MS,
      globalTags: { service: serviceName },
      includeDataDogTags: false,
      errorHandler: () => {
        this.errors++;
      },
    });
    this.#ticker = setInterval(() => this.#tick(), COUNTER_INTERVAL_MS);
    this.#ticker.unref();
  }

  /** Times one request. */
  record(series: Series, seconds: number): void {
    // A burst must not wait for the next tick to be thinned out.
    if (++this.#seen > FULL_TIMING_PER_SECOND && this.#sampleRate === 1) this.#sampleRate = 0.1;
    // hot-shots draws the sample, and writes the rate into the packet.
    this.#client.timing('http.server.request.duration', seconds * 1000, this.#sampleRate, series.tags);
  }

  /** Sends what is counted but not sent, and lets go of the socket. */
  async close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#tick();
    await new Promise<void>((resolve) => this.#client.close(() => resolve()));
  }

  #tick(): void {
    const { all } = this.#metrics;
    for (const series of all) {
      const requests = series.count - series.reported;
      if (requests === 0) continue;
      series.reported = series.count;
      this.#client.increment('http.server.requests', requests, series.tags);
    }
    const wanted = FULL_TIMING_PER_SECOND / Math.max(1, (this.#seen * 1000) / COUNTER_INTERVAL_MS);
    // Powers of ten keep the rate readable, and the sum of weights near the truth.
    this.#sampleRate = wanted >= 1 ? 1 : Math.max(0.001, 10 ** Math.floor(Math.log10(wanted)));
    this.#seen = 0;
  }
}
