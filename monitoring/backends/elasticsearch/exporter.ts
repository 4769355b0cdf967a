import { setImmediate as nextTurn } from 'node:timers/promises';
import { toError } from '../../../core/errors.ts';
import type { Batch, Exported, Exporter, SpoolRecord } from '../../exporter.ts';
import { OtlpDecodeError } from '../../otlp/index.ts';
import { BulkSender, MOST_REQUEST_BYTES } from './bulk.ts';
import type { ElasticsearchConfig } from './config.ts';
import { Connection } from './connection.ts';
import { BulkBody } from './encode/bulk-body.ts';
import { LogEncoder } from './encode/logs.ts';
import { MetricEncoder } from './encode/metrics.ts';
import { Origins } from './encode/origin.ts';
import { SpanEncoder } from './encode/spans.ts';
import { provision } from './provision.ts';
import { Settlement } from './settlement.ts';

const START_WITHIN_MS = 10_000;
/** Encoding stands aside for the rest of the process after this much. */
const BYTES_PER_TURN = 256 * 1_024;

interface Running {
  connection: Connection;
  sender: BulkSender;
  /** The templates are as they should be. */
  provisioned: Promise<unknown> | undefined;
  stop: AbortController;
}

/** The writing half: every span, log record and data point becomes a document of a data stream. */
export class ElasticsearchExporter implements Exporter {
  readonly #config: ElasticsearchConfig;
  readonly #spans: SpanEncoder;
  readonly #logs: LogEncoder;
  readonly #metrics: MetricEncoder;
  readonly #spareBodies: BulkBody[] = [];
  readonly #exports = new Set<Promise<unknown>>();
  #running: Running | undefined;

  constructor(config: ElasticsearchConfig) {
    this.#config = config;
    const origins = new Origins(config.prefix);
    this.#spans = new SpanEncoder(origins);
    this.#logs = new LogEncoder(origins);
    this.#metrics = new MetricEncoder(origins);
  }

  /** Provisions; where that fails, the next export tries again and tells why. */
  async start(): Promise<void> {
    if (this.#running) return;
    const connection = new Connection(this.#config);
    const running = {
      connection,
      sender: new BulkSender(connection),
      provisioned: undefined,
      stop: new AbortController(),
    };
    this.#running = running;
    await this.#provision(running, AbortSignal.timeout(START_WITHIN_MS)).catch(() => undefined);
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const running = this.#running;
    if (!running) return handBack(batch, new Error('the exporter is not running'));
    if (abort.aborted) return handBack(batch, toError(abort.reason));
    const work = this.#export(running, batch, AbortSignal.any([abort, running.stop.signal]));
    this.#exports.add(work);
    try {
      return await work;
    } finally {
      this.#exports.delete(work);
    }
  }

  async #export(running: Running, batch: Batch, abort: AbortSignal): Promise<Exported> {
    try {
      await this.#provision(running, abort);
    } catch (error) {
      return handBack(batch, toError(error));
    }
    const settlement = new Settlement();
    const body = this.#spareBodies.pop() ?? new BulkBody();
    const flush = async () => {
      if (body.records.length > 0) settlement.take(body.records, await running.sender.send(body, abort));
      body.clear();
    };
    let turn = 0;
    for (const record of batch.records) {
      if (abort.aborted) {
        settlement.retry(record, toError(abort.reason));
        continue;
      }
      this.#encode(record, body, settlement);
      if (body.size >= MOST_REQUEST_BYTES) await flush();
      turn += record.bytes.length;
      if (turn > BYTES_PER_TURN) {
        turn = 0;
        await nextTurn();
      }
    }
    await flush();
    this.#spareBodies.push(body);
    return settlement.finish(batch.end);
  }

  #encode(record: SpoolRecord, body: BulkBody, settlement: Settlement): void {
    const from = body.documents;
    try {
      const items = this.#encoderOf(record).encode(record, body);
      body.records.push({ record, from, to: body.documents, items: Math.min(items, record.items) });
    } catch (error) {
      if (!(error instanceof OtlpDecodeError)) throw error;
      body.truncate(from);
      settlement.reject(record, `malformed OTLP: ${error.message.replace(/ at byte \d+$/, '')}`);
    }
  }

  #encoderOf({ signal }: SpoolRecord) {
    return signal === 'traces' ? this.#spans : signal === 'logs' ? this.#logs : this.#metrics;
  }

  /** Data before the templates would make streams without them, so everything waits for this. */
  async #provision(running: Running, abort: AbortSignal): Promise<void> {
    if (!this.#config.provision) return;
    running.provisioned ??= provision(running.connection, this.#config, abort).catch((error) => {
      running.provisioned = undefined;
      throw error;
    });
    await running.provisioned;
  }

  /** Lets running exports end; when `abort` fires they hand their records back. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    const stop = () => running.stop.abort(abort.reason);
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    await Promise.allSettled(this.#exports);
    abort.removeEventListener('abort', stop);
    await running.connection.close();
  }
}

function handBack(batch: Batch, error: Error): Exported {
  return { accepted: {}, rejected: [], retry: batch, error };
}
