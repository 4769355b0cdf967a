import {
  type CloudWatchLogsClient,
  PutLogEventsCommand,
  type RejectedLogEventsInfo,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import { type AwsFailure, readFailure } from '../../aws/failure.ts';
import type { Batch, Exported, Exporter, Rejection, Signal, SpoolPosition, SpoolRecord } from '../../exporter.ts';
import type { CloudwatchConfig } from './config.ts';
import { type EncodedRecord, Encoder, reject } from './encode/encoder.ts';
import type { LogEvent } from './encode/event.ts';
import { ensureStream } from './log-groups.ts';
import type { MetricCatalog } from './metric-catalog.ts';
import { type PutRequest, packRequests } from './put-requests.ts';

const MOST_REQUESTS_AT_ONCE = 4;
/** Requests that one export may spend on finding the events for which others were refused. */
const MOST_SPLITS = 200;

/** What became of one event: why it was refused, or nothing. */
type Outcome = { refused?: string };

/**
 * The writing half: every item becomes a log event, or part of one, with the numbers in it as embedded metrics.
 * CloudWatch Logs knows no ids, so a request whose answer was lost is sent again and held twice; events that were
 * certainly taken are remembered until their record is settled and are not sent again with it.
 */
export class CloudwatchExporter implements Exporter {
  readonly #config: CloudwatchConfig;
  readonly #clock: Clock;
  readonly #catalog: MetricCatalog;
  readonly #connect: () => CloudWatchLogsClient;
  #encoder: Encoder | undefined;
  #client: CloudWatchLogsClient | undefined;
  #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  /** Of records that are handed over again: what became of the events that have an answer. */
  readonly #settled = new Map<SpoolPosition, Map<number, Outcome>>();

  constructor(config: CloudwatchConfig, catalog: MetricCatalog, clock: Clock, connect: () => CloudWatchLogsClient) {
    this.#config = config;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#connect = connect;
  }

  async start(): Promise<void> {
    if (this.#client) return;
    this.#stop = new AbortController();
    this.#encoder ??= new Encoder(this.#config, this.#catalog, this.#clock.now());
    this.#client = this.#connect();
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    if (!this.#client)
      return { accepted: {}, rejected: [], retry: batch, error: new Error('the exporter is not running') };
    const exporting = this.#export(batch, AbortSignal.any([abort, this.#stop.signal]), this.#client);
    this.#running.add(exporting);
    try {
      return await exporting;
    } finally {
      this.#running.delete(exporting);
    }
  }

  async #export(batch: Batch, abort: AbortSignal, client: CloudWatchLogsClient): Promise<Exported> {
    if (abort.aborted) return { accepted: {}, rejected: [], retry: batch, error: toError(abort.reason) };
    const encoded = batch.records.map((record) => this.#encoder!.encode(record));
    const due = encoded.flatMap(({ events }) => events).filter((event) => !this.#outcomeOf(event));
    const requests = packRequests(due);
    const failures: { error: Error; retryAfterMs?: number }[] = [];
    let splits = MOST_SPLITS;
    const next = async (): Promise<void> => {
      for (let request = requests.shift(); request; request = requests.shift()) {
        const failure = await this.#put(client, request, abort);
        if (failure?.kind === 'refused') {
          // Nothing of such a request was taken, though the fault may be one event's.
          const halves = request.events.length > 1 && splits-- > 0 ? halvesOf(request) : [];
          requests.unshift(...halves);
          if (halves.length > 0) continue;
          for (const event of request.events) this.#remember(event, { refused: failure.error.message });
        } else if (failure) {
          failures.push(failure);
          // Whoever is asked to slow down sends nothing more now.
          requests.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: MOST_REQUESTS_AT_ONCE }, next));
    return this.#settle(batch, encoded, failures);
  }

  /** Every record whole: all its events have an answer, or it comes again. */
  #settle(batch: Batch, encoded: EncodedRecord[], failures: { error: Error; retryAfterMs?: number }[]): Exported {
    const exported: Exported = { accepted: {}, rejected: [] };
    const again: SpoolRecord[] = [];
    for (const one of encoded) {
      if (one.events.some((event) => !this.#outcomeOf(event))) again.push(one.record);
      else this.#count(one, exported);
    }
    const saving = this.#catalog.save();
    if (again.length === 0) return exported;
    const error = failures[0]?.error ?? saving ?? new Error('not sent');
    const waits = failures.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
    return {
      ...exported,
      retry: { records: again, end: batch.end },
      error,
      ...(waits.length > 0 ? { retryAfterMs: Math.max(...waits) } : {}),
    };
  }

  #count({ record, events, accepted, filtered, rejected }: EncodedRecord, exported: Exported): void {
    let taken = accepted;
    const refused = new Map<string, Rejection>();
    for (const event of events) {
      const reason = this.#outcomeOf(event)!.refused;
      if (reason === undefined) taken += event.items;
      else {
        const rejection = refused.get(reason) ?? reject(record, 0, reason);
        rejection.count += event.items;
        refused.set(reason, rejection);
      }
    }
    add(exported.accepted, record.signal, taken);
    if (filtered > 0) {
      exported.filtered ??= {};
      add(exported.filtered, record.signal, filtered);
    }
    exported.rejected.push(...rejected, ...refused.values());
    this.#settled.delete(record.position);
  }

  /** @returns why nothing of the request was taken, with its events left without outcome */
  async #put(
    client: CloudWatchLogsClient,
    request: PutRequest,
    abortSignal: AbortSignal,
  ): Promise<AwsFailure | undefined> {
    for (let isMade = false; ; isMade = true) {
      try {
        const answer = await client.send(
          new PutLogEventsCommand({
            logGroupName: request.group,
            logStreamName: request.stream,
            logEvents: request.events.map(({ timestampMs, message }) => ({ timestamp: timestampMs, message })),
          }),
          { abortSignal },
        );
        this.#judge(request.events, answer.rejectedLogEventsInfo);
        return undefined;
      } catch (thrown) {
        const failure = readFailure(thrown, 'CloudWatch Logs', this.#clock.now());
        if (failure.kind !== 'missing' || isMade) return failure;
        const missing = await this.#make(client, request, abortSignal);
        if (missing) return missing;
      }
    }
  }

  async #make(client: CloudWatchLogsClient, { group, stream }: PutRequest, abort: AbortSignal) {
    try {
      await ensureStream(client, this.#config, group, stream, abort);
      return undefined;
    } catch (thrown) {
      return readFailure(thrown, `CloudWatch Logs, making log group ${group},`, this.#clock.now());
    }
  }

  /** Events are in the order of their times, so those too old are the first and those too new the last. */
  #judge(events: readonly LogEvent[], info: RejectedLogEventsInfo | undefined): void {
    const tooOldEnd = info?.tooOldLogEventEndIndex ?? 0;
    const expiredEnd = info?.expiredLogEventEndIndex ?? 0;
    const tooNewStart = info?.tooNewLogEventStartIndex ?? events.length;
    events.forEach((event, index) => {
      if (index < tooOldEnd) this.#remember(event, { refused: 'older than 14 days' });
      else if (index < expiredEnd) this.#remember(event, { refused: "older than the log group's retention" });
      else if (index >= tooNewStart) this.#remember(event, { refused: 'more than 2 hours in the future' });
      else this.#remember(event, {});
    });
  }

  #remember(event: LogEvent, outcome: Outcome): void {
    const { position } = event.record;
    const outcomes = this.#settled.get(position) ?? new Map<number, Outcome>();
    outcomes.set(event.index, outcome);
    this.#settled.set(position, outcomes);
  }

  #outcomeOf(event: LogEvent): Outcome | undefined {
    return this.#settled.get(event.record.position)?.get(event.index);
  }

  /** Lets a running export finish; when `abort` fires it comes back as `retry`. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const client = this.#client;
    if (!client) return;
    this.#client = undefined;
    const stop = () => this.#stop.abort(abort.reason);
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    await Promise.allSettled(this.#running);
    abort.removeEventListener('abort', stop);
    client.destroy();
  }
}

function halvesOf({ events, ...place }: PutRequest): PutRequest[] {
  const middle = events.length >> 1;
  return [events.slice(0, middle), events.slice(middle)].map((half) => ({ ...place, events: half }));
}

function add(counts: Partial<Record<Signal, number>>, signal: Signal, count: number): void {
  if (count > 0) counts[signal] = (counts[signal] ?? 0) + count;
}
