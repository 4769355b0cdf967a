import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { RingdownError, toError } from '../../../core/errors.ts';
import { backoffMs } from '../../../core/retry.ts';
import { type AwsFailure, readFailure } from '../../aws/failure.ts';
import { encodeLogs } from '../../otlp/index.ts';
import type { Source, SourceDeps, SourceStatus } from '../source.ts';
import { type Checkpoint, CheckpointFile, shortName } from './checkpoint.ts';
import type { CloudwatchLogsConfig } from './config.ts';
import { EventParser, type FetchedEvent } from './parse-event.ts';

const BACKOFF = { firstMs: 1_000, maxMs: 120_000 };
/** One look covers no more than this, so that catching up remembers the events of minutes and not of days. */
const LONGEST_LOOK_MS = 10 * 60_000;
/** Of FilterLogEvents. */
const PAGE_EVENTS = 10_000;

/** A failure that says more than what AWS said. */
class FetchFailure extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: AwsFailure) {
    super(message, { cause: failure.error });
    this.name = 'FetchFailure';
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/**
 * Looks at a log group again and again. Events may appear late and out of order, so each look begins `overlap` before the end
 * of the last one and leaves out what it knows. A page is durable in the spool before it is remembered: a crash in between
 * brings it again, and nothing is left out.
 */
export class CloudwatchLogsPoller implements Source {
  readonly #config: CloudwatchLogsConfig;
  readonly #deps: SourceDeps;
  readonly #connect: () => CloudWatchLogsClient;
  readonly #file: CheckpointFile;
  readonly #parser: EventParser;
  #checkpoint: Checkpoint | undefined;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #received = 0;
  #lastError: string | undefined;

  constructor(config: CloudwatchLogsConfig, deps: SourceDeps, connect: () => CloudWatchLogsClient) {
    this.#config = config;
    this.#deps = deps;
    this.#connect = connect;
    this.#file = new CheckpointFile(config.dataDir);
    this.#parser = new EventParser({ ...config, region: config.access.region });
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async #run(stop: AbortSignal): Promise<void> {
    const client = this.#connect();
    try {
      for (let failures = 0; !stop.aborted; ) {
        let pause = this.#config.everyMs;
        try {
          const isUpToDate = await this.#look(client, stop);
          failures = 0;
          this.#lastError = undefined;
          if (!isUpToDate) continue;
        } catch (thrown) {
          if (stop.aborted) return;
          failures++;
          const error = toError(thrown);
          if (this.#lastError !== error.message)
            this.#deps.log('warn', `source ${this.#config.name}: ${error.message}`);
          this.#lastError = error.message;
          const asked = error instanceof FetchFailure ? error.retryAfterMs : undefined;
          pause = backoffMs(BACKOFF, failures, this.#deps.random, asked);
        }
        await this.#deps.clock.timer(pause, stop).catch(() => undefined);
      }
    } finally {
      client.destroy();
    }
  }

  /** @returns whether there is nothing more to fetch for now */
  async #look(client: CloudWatchLogsClient, stop: AbortSignal): Promise<boolean> {
    const now = this.#deps.clock.now();
    this.#checkpoint ??= await this.#firstPlace(now);
    const checkpoint = this.#checkpoint;
    const from = checkpoint.upTo - this.#config.overlapMs;
    const until = Math.min(now, checkpoint.upTo + LONGEST_LOOK_MS);
    let nextToken: string | undefined;
    do {
      const page = await this.#fetch(client, from, until, nextToken, stop);
      await this.#handOn(page.events, checkpoint);
      nextToken = page.nextToken;
    } while (nextToken !== undefined && !stop.aborted);
    if (stop.aborted) return true;
    // A clock that was set back must not bring everything again.
    checkpoint.upTo = Math.max(checkpoint.upTo, until);
    for (const [name, at] of checkpoint.seen) {
      if (at < checkpoint.upTo - this.#config.overlapMs) checkpoint.seen.delete(name);
    }
    await this.#file.write(checkpoint);
    return until >= now;
  }

  async #firstPlace(now: number): Promise<Checkpoint> {
    const stored = await this.#file.read();
    if (stored instanceof Error) {
      this.#deps.log('error', `${stored.message}: fetching begins ${this.#config.lookBackMs / 1_000} s ago`);
    } else if (stored) return stored;
    // Every look begins an overlap earlier, the first one too.
    return { upTo: now - this.#config.lookBackMs + this.#config.overlapMs, seen: new Map() };
  }

  async #fetch(
    client: CloudWatchLogsClient,
    from: number,
    until: number,
    nextToken: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<{ events: FilteredLogEvent[]; nextToken: string | undefined }> {
    const { logGroup, filterPattern } = this.#config;
    try {
      const answer = await client.send(
        new FilterLogEventsCommand({
          logGroupName: logGroup,
          startTime: Math.max(0, Math.floor(from)),
          endTime: Math.floor(until),
          filterPattern,
          limit: PAGE_EVENTS,
          nextToken,
        }),
        { abortSignal },
      );
      return { events: answer.events ?? [], nextToken: answer.nextToken };
    } catch (thrown) {
      const failure = readFailure(thrown, 'CloudWatch Logs', this.#deps.clock.now());
      const words =
        failure.kind === 'missing'
          ? `log group ${logGroup} is not there; check its name and region ${this.#config.access.region}`
          : failure.error.message;
      throw new FetchFailure(words, failure);
    }
  }

  async #handOn(events: readonly FilteredLogEvent[], checkpoint: Checkpoint): Promise<void> {
    const fresh = new Map<string, FetchedEvent>();
    for (const { eventId, timestamp, message, logStreamName } of events) {
      if (eventId === undefined || timestamp === undefined) continue;
      const name = shortName(eventId);
      if (checkpoint.seen.has(name)) continue;
      fresh.set(name, { eventId, timestamp, message: message ?? '', logStreamName: logStreamName ?? '' });
    }
    if (fresh.size === 0) return;
    const bytes = encodeLogs([...fresh.values()].map((event) => this.#parser.parse(event)));
    const receivedAt = this.#deps.clock.now();
    await this.#deps.append({ signal: 'logs', encoding: 'otlp', items: fresh.size, receivedAt, bytes });
    for (const [name, { timestamp }] of fresh) checkpoint.seen.set(name, timestamp);
    this.#received += fresh.size;
    await this.#file.write(checkpoint);
  }

  status(): SourceStatus {
    return {
      name: this.#config.name,
      type: 'cloudwatch-logs',
      healthy: this.#lastError === undefined,
      last_error: this.#lastError ?? null,
      received: this.#received,
      fetched_up_to: this.#checkpoint ? new Date(this.#checkpoint.upTo).toISOString() : null,
    };
  }

  /** Ends the request under way; a page that is being handed on is remembered first, unless `abort` fires. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    this.#stop.abort(new RingdownError('SOURCE_STOPPED', 'the source was stopped'));
    if (abort.aborted) return;
    await Promise.race([
      running,
      new Promise<void>((resolve) => abort.addEventListener('abort', () => resolve(), { once: true })),
    ]);
  }
}
