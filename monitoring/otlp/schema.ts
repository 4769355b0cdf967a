/**
 * The OTLP messages that Ringdown checks and transcodes (opentelemetry-proto 1.x), as data.
 * `id` is a bytes field that OTLP/JSON writes as hex instead of base64.
 */
export type Kind =
  | 'string'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'enum'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'message';

export interface Field {
  number: number;
  name: string;
  kind: Kind;
  repeated: boolean;
  message: Message | undefined;
  /** Only spans, data points and log records: what the ledger counts. */
  counted: boolean;
  enumPrefix: string;
  /** Byte lengths an id may have; others make the item invalid. */
  idLength: number;
}

export interface Message {
  name: string;
  fields: Map<string, Field>;
  /** Indexed by field number. */
  byNumber: (Field | undefined)[];
}

function message(name: string): Message {
  return { name, fields: new Map(), byNumber: [] };
}

type Extra = { repeated?: boolean; message?: Message; counted?: boolean; enumPrefix?: string; idLength?: number };

function define(target: Message, fields: Record<string, [number, Kind, Extra?]>): void {
  for (const [name, [number, kind, extra]] of Object.entries(fields)) {
    const field: Field = {
      number,
      name,
      kind,
      repeated: extra?.repeated ?? false,
      message: extra?.message,
      counted: extra?.counted ?? false,
      enumPrefix: extra?.enumPrefix ?? '',
      idLength: extra?.idLength ?? 0,
    };
    target.fields.set(name, field);
    // Some senders write the proto's own snake_case names, which proto3 JSON parsers must accept as well.
    target.fields.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      field,
    );
    while (target.byNumber.length <= number) target.byNumber.push(undefined);
    target.byNumber[number] = field;
  }
}

const anyValue = message('AnyValue');
const arrayValue = message('ArrayValue');
const keyValueList = message('KeyValueList');
const keyValue = message('KeyValue');
const many = (of: Message): Extra => ({ repeated: true, message: of });
const attributes = many(keyValue);
const traceId: Extra = { idLength: 16 };
const spanId: Extra = { idLength: 8 };

define(anyValue, {
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, 'message', { message: arrayValue }],
  kvlistValue: [6, 'message', { message: keyValueList }],
  bytesValue: [7, 'bytes'],
});
define(arrayValue, { values: [1, 'message', many(anyValue)] });
define(keyValueList, { values: [1, 'message', many(keyValue)] });
define(keyValue, { key: [1, 'string'], value: [2, 'message', { message: anyValue }] });

const entityRef = message('EntityRef');
define(entityRef, {
  schemaUrl: [1, 'string'],
  type: [2, 'string'],
  idKeys: [3, 'string', { repeated: true }],
  descriptionKeys: [4, 'string', { repeated: true }],
});
const resource = message('Resource');
define(resource, {
  attributes: [1, 'message', attributes],
  droppedAttributesCount: [2, 'uint32'],
  entityRefs: [3, 'message', many(entityRef)],
});
const scope = message('InstrumentationScope');
define(scope, {
  name: [1, 'string'],
  version: [2, 'string'],
  attributes: [3, 'message', attributes],
  droppedAttributesCount: [4, 'uint32'],
});

/** request → resourceX → scopeX → item: the same three levels for every signal. */
function request(name: string, group: string, scopes: string, items: string, item: Message, counted: boolean): Message {
  const scoped = message(`Scope${name}`);
  define(scoped, {
    scope: [1, 'message', { message: scope }],
    [items]: [2, 'message', { ...many(item), counted }],
    schemaUrl: [3, 'string'],
  });
  const grouped = message(`Resource${name}`);
  define(grouped, {
    resource: [1, 'message', { message: resource }],
    [scopes]: [2, 'message', many(scoped)],
    schemaUrl: [3, 'string'],
  });
  const whole = message(`Export${name}ServiceRequest`);
  define(whole, { [group]: [1, 'message', many(grouped)] });
  return whole;
}

const event = message('Span.Event');
define(event, {
  timeUnixNano: [1, 'fixed64'],
  name: [2, 'string'],
  attributes: [3, 'message', attributes],
  droppedAttributesCount: [4, 'uint32'],
});
const link = message('Span.Link');
define(link, {
  traceId: [1, 'id'],
  spanId: [2, 'id'],
  traceState: [3, 'string'],
  attributes: [4, 'message', attributes],
  droppedAttributesCount: [5, 'uint32'],
  flags: [6, 'fixed32'],
});
const status = message('Status');
define(status, { message: [2, 'string'], code: [3, 'enum', { enumPrefix: 'STATUS_CODE_' }] });
const span = message('Span');
define(span, {
  traceId: [1, 'id', traceId],
  spanId: [2, 'id', spanId],
  traceState: [3, 'string'],
  parentSpanId: [4, 'id', spanId],
  name: [5, 'string'],
  kind: [6, 'enum', { enumPrefix: 'SPAN_KIND_' }],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, 'message', attributes],
  droppedAttributesCount: [10, 'uint32'],
  events: [11, 'message', many(event)],
  droppedEventsCount: [12, 'uint32'],
  links: [13, 'message', many(link)],
  droppedLinksCount: [14, 'uint32'],
  status: [15, 'message', { message: status }],
  flags: [16, 'fixed32'],
});

const logRecord = message('LogRecord');
define(logRecord, {
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, 'enum', { enumPrefix: 'SEVERITY_NUMBER_' }],
  severityText: [3, 'string'],
  body: [5, 'message', { message: anyValue }],
  attributes: [6, 'message', attributes],
  droppedAttributesCount: [7, 'uint32'],
  flags: [8, 'fixed32'],
  traceId: [9, 'id', traceId],
  spanId: [10, 'id', spanId],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'string'],
});

const exemplar = message('Exemplar');
define(exemplar, {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double'],
  spanId: [4, 'id'],
  traceId: [5, 'id'],
  asInt: [6, 'sfixed64'],
  filteredAttributes: [7, 'message', attributes],
});
const numberPoint = message('NumberDataPoint');
define(numberPoint, {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  asDouble: [4, 'double'],
  exemplars: [5, 'message', many(exemplar)],
  asInt: [6, 'sfixed64'],
  attributes: [7, 'message', attributes],
  flags: [8, 'uint32'],
});
const histogramPoint = message('HistogramDataPoint');
define(histogramPoint, {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  bucketCounts: [6, 'fixed64', { repeated: true }],
  explicitBounds: [7, 'double', { repeated: true }],
  exemplars: [8, 'message', many(exemplar)],
  attributes: [9, 'message', attributes],
  flags: [10, 'uint32'],
  min: [11, 'double'],
  max: [12, 'double'],
});
const buckets = message('Buckets');
define(buckets, { offset: [1, 'sint32'], bucketCounts: [2, 'uint64', { repeated: true }] });
const exponentialPoint = message('ExponentialHistogramDataPoint');
define(exponentialPoint, {
  attributes: [1, 'message', attributes],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, 'message', { message: buckets }],
  negative: [9, 'message', { message: buckets }],
  flags: [10, 'uint32'],
  exemplars: [11, 'message', many(exemplar)],
  min: [12, 'double'],
  max: [13, 'double'],
  zeroThreshold: [14, 'double'],
});
const quantile = message('ValueAtQuantile');
define(quantile, { quantile: [1, 'double'], value: [2, 'double'] });
const summaryPoint = message('SummaryDataPoint');
define(summaryPoint, {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, 'message', many(quantile)],
  attributes: [7, 'message', attributes],
  flags: [8, 'uint32'],
});

/** Gauge, Sum, Histogram and their kin: points and how to read them. */
function data(name: string, point: Message): Message {
  const whole = message(name);
  define(whole, {
    dataPoints: [1, 'message', { ...many(point), counted: true }],
    aggregationTemporality: [2, 'enum', { enumPrefix: 'AGGREGATION_TEMPORALITY_' }],
    isMonotonic: [3, 'bool'],
  });
  return whole;
}

const metric = message('Metric');
define(metric, {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  gauge: [5, 'message', { message: data('Gauge', numberPoint) }],
  sum: [7, 'message', { message: data('Sum', numberPoint) }],
  histogram: [9, 'message', { message: data('Histogram', histogramPoint) }],
  exponentialHistogram: [10, 'message', { message: data('ExponentialHistogram', exponentialPoint) }],
  summary: [11, 'message', { message: data('Summary', summaryPoint) }],
  metadata: [12, 'message', attributes],
});

/** Names of enum values without their prefix, in the order of their numbers. */
export const ENUM_NAMES: Record<string, readonly string[]> = {
  SPAN_KIND_: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'],
  STATUS_CODE_: ['UNSET', 'OK', 'ERROR'],
  AGGREGATION_TEMPORALITY_: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'],
  SEVERITY_NUMBER_: [
    'UNSPECIFIED',
    ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level) => [
      level,
      `${level}2`,
      `${level}3`,
      `${level}4`,
    ]),
  ],
};

/** The request message of every signal. */
export const REQUESTS = {
  traces: request('Trace', 'resourceSpans', 'scopeSpans', 'spans', span, true),
  metrics: request('Metrics', 'resourceMetrics', 'scopeMetrics', 'metrics', metric, false),
  logs: request('Logs', 'resourceLogs', 'scopeLogs', 'logRecords', logRecord, true),
} as const;
