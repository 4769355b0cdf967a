import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decode,
  hex,
  plain,
  plainAttributes,
  type WireHistogramPoint,
  type WireLogRecord,
  type WireSpan,
} from './otlp-schema.ts';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  status: number;
  durationMs: number;
  scope: string;
  resource: Record<string, unknown>;
  wire: WireSpan;
  /** `performance.now()` of its arrival. */
  arrivedMs: number;
}

export interface CollectedLog {
  traceId: string;
  spanId: string;
  level: string;
  body: unknown;
  attributes: Record<string, unknown>;
  wire: WireLogRecord;
  arrivedMs: number;
}

export interface CollectedHistogram {
  name: string;
  unit: string;
  attributes: Record<string, unknown>;
  point: WireHistogramPoint;
}

/** An OTLP/HTTP receiver that keeps what it gets, decoded by protobufjs. */
export class Collector {
  readonly spans: CollectedSpan[] = [];
  readonly logs: CollectedLog[] = [];
  readonly histograms: CollectedHistogram[] = [];
  readonly requests: { path: string; headers: IncomingMessage['headers']; sizeBytes: number }[] = [];
  /** What to answer instead of 200; called once per request. */
  answer: ((response: ServerResponse) => boolean) | undefined;
  readonly #server = createServer((request, response) => this.#receive(request, response));
  #waiting: (() => void)[] = [];

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves as soon as `met` holds, which is asked again whenever something arrives. */
  async until(met: (collector: this) => boolean): Promise<void> {
    while (!met(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.requests.push({ path: request.url ?? '', headers: request.headers, sizeBytes: body.length });
      if (!this.answer?.(response)) {
        this.#keep(request.url ?? '', body);
        response.end();
      }
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  #keep(path: string, body: Buffer): void {
    if (path.endsWith('/v1/traces')) this.#keepSpans(body);
    else if (path.endsWith('/v1/logs')) this.#keepLogs(body);
    else this.#keepMetrics(body);
  }

  #keepSpans(body: Buffer): void {
    for (const { resource, scope_spans } of decode('TracesRequest', body).resource_spans) {
      for (const { scope, spans } of scope_spans) {
        for (const span of spans) {
          this.spans.push({
            traceId: hex(span.trace_id),
            spanId: hex(span.span_id),
            parentSpanId: hex(span.parent_span_id),
            name: span.name ?? '',
            kind: span.kind ?? 0,
            attributes: plainAttributes(span.attributes),
            events: (span.events ?? []).map((event) => ({
              name: event.name ?? '',
              attributes: plainAttributes(event.attributes),
            })),
            status: span.status?.code ?? 0,
            durationMs: Number(BigInt(span.end_time_unix_nano) - BigInt(span.start_time_unix_nano)) / 1e6,
            scope: scope.name,
            resource: plainAttributes(resource.attributes),
            wire: span,
            arrivedMs: performance.now(),
          });
        }
      }
    }
  }

  #keepLogs(body: Buffer): void {
    for (const { scope_logs } of decode('LogsRequest', body).resource_logs) {
      for (const { log_records } of scope_logs) {
        for (const record of log_records) {
          this.logs.push({
            traceId: hex(record.trace_id),
            spanId: hex(record.span_id),
            level: record.severity_text ?? '',
            body: plain(record.body),
            attributes: plainAttributes(record.attributes),
            wire: record,
            arrivedMs: performance.now(),
          });
        }
      }
    }
  }

  #keepMetrics(body: Buffer): void {
    for (const { scope_metrics } of decode('MetricsRequest', body).resource_metrics) {
      for (const { metrics } of scope_metrics) {
        for (const { name, unit, histogram } of metrics) {
          for (const point of histogram?.data_points ?? []) {
            this.histograms.push({ name, unit, attributes: plainAttributes(point.attributes), point });
          }
        }
      }
    }
  }
}
