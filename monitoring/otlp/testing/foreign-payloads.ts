import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { Signal } from '../../exporter.ts';

/** For tests: payloads written by OpenTelemetry's own serializers, in both encodings. */
export interface Foreign {
  protobuf: Uint8Array;
  json: unknown;
}

export type HrTime = [seconds: number, nanoseconds: number];

export interface SpanSource {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** The SDK's numbering, one below OTLP's. */
  kind: number;
  start: HrTime;
  end: HrTime;
  status: { code: number; message?: string };
  attributes: Record<string, unknown>;
  events: { name: string; time: HrTime; attributes: Record<string, unknown> }[];
}

export function foreignTraces(spans: SpanSource[], resource: Record<string, unknown>, scopeName: string): Foreign {
  const owner = { attributes: resource, asyncAttributesPending: false };
  const scope = { name: scopeName, version: '1' };
  const readable = spans.map((span) => ({
    name: span.name,
    kind: span.kind,
    spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
    parentSpanContext: span.parentSpanId && { traceId: span.traceId, spanId: span.parentSpanId, traceFlags: 1 },
    startTime: span.start,
    endTime: span.end,
    status: span.status,
    attributes: span.attributes,
    links: [{ context: { traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }, attributes: { link: 1 } }],
    events: span.events,
    duration: [0, 1],
    ended: true,
    resource: owner,
    instrumentationScope: scope,
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
  }));
  return both(ProtobufTraceSerializer, JsonTraceSerializer, readable);
}

export interface LogSource {
  time: HrTime;
  observed: HrTime;
  severity: number;
  severityText: string;
  body: unknown;
  eventName: string | undefined;
  context: { traceId: string; spanId: string; traceFlags: number } | undefined;
  attributes: Record<string, unknown>;
}

export function foreignLogs(logs: LogSource[], resource: Record<string, unknown>): Foreign {
  const owner = { attributes: resource, asyncAttributesPending: false };
  const scope = { name: 'logger' };
  const readable = logs.map((log) => ({
    hrTime: log.time,
    hrTimeObserved: log.observed,
    severityNumber: log.severity,
    severityText: log.severityText,
    body: log.body,
    eventName: log.eventName,
    spanContext: log.context,
    resource: owner,
    instrumentationScope: scope,
    attributes: log.attributes,
    droppedAttributesCount: 0,
  }));
  return both(ProtobufLogsSerializer, JsonLogsSerializer, readable);
}

/** `metrics` in the shape of the SDK's MetricData. */
export function foreignMetrics(metrics: unknown[], resource: Record<string, unknown>): Foreign {
  return both(ProtobufMetricsSerializer, JsonMetricsSerializer, {
    resource: { attributes: resource, asyncAttributesPending: false },
    scopeMetrics: [{ scope: { name: 'meter' }, metrics }],
  });
}

function both(
  protobuf: { serializeRequest(request: never): Uint8Array | undefined },
  json: { serializeRequest(request: never): Uint8Array | undefined },
  request: unknown,
): Foreign {
  return {
    protobuf: protobuf.serializeRequest(request as never)!,
    json: JSON.parse(new TextDecoder().decode(json.serializeRequest(request as never)!)),
  };
}

/** A payload with `count` plain items, for tests that only count. */
export function samplePayload(signal: Signal, count: number): Foreign {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const attributes = { 'http.request.method': 'GET', 'http.route': '/v1/posts/:id', 'http.response.status_code': 200 };
  if (signal === 'traces') {
    const spans = indexes.map(
      (index): SpanSource => ({
        traceId: (index + 1).toString(16).padStart(32, '0'),
        spanId: (index + 1).toString(16).padStart(16, '0'),
        parentSpanId: undefined,
        name: 'GET /v1/posts/:id',
        kind: 1,
        start: [1_700_000_000, index],
        end: [1_700_000_001, index],
        status: { code: 0 },
        attributes,
        events: [],
      }),
    );
    return foreignTraces(spans, { 'service.name': 'api' }, 'test');
  }
  if (signal === 'logs') {
    const logs = indexes.map(
      (index): LogSource => ({
        time: [1_700_000_000, index],
        observed: [1_700_000_000, index],
        severity: 9,
        severityText: 'INFO',
        body: `line ${index}`,
        eventName: undefined,
        context: undefined,
        attributes,
      }),
    );
    return foreignLogs(logs, { 'service.name': 'api' });
  }
  const dataPoints = indexes.map((index) => ({
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_001, 0],
    attributes: { index },
    value: index,
  }));
  const descriptor = { name: 'requests', unit: '1', description: '', valueType: 0, advice: {} };
  return foreignMetrics([{ descriptor, dataPointType: 3, aggregationTemporality: 0, isMonotonic: true, dataPoints }], {
    'service.name': 'api',
  });
}
