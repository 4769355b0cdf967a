import { Buffer } from 'node:buffer';
import { BYTES, type ProtoReader, VARINT } from '../../otlp/proto-reader.ts';
import { severityOf } from '../../otlp/severity.ts';

/** What the filter asks of a span; read without building it. */
export interface SpanFacts {
  /** Where the 16 bytes of its trace id start; -1 when there is none. */
  traceIdAt: number;
  isServer: boolean;
  failed: boolean;
  synthetic: boolean;
  /** `http.route`; empty when absent. */
  route: string;
}

export interface LogFacts {
  /** -1 when there is none. */
  traceIdAt: number;
  /** 1 to 24. */
  severity: number;
  synthetic: boolean;
  /** A run, incident or deployment that Ringdown itself tells of: its event name begins with `ringdown.`. */
  annotation: boolean;
}

const STATUS_KEYS = [Buffer.from('http.response.status_code'), Buffer.from('http.status_code')];
const ROUTE_KEY = Buffer.from('http.route');
const SYNTHETIC_KEY = Buffer.from('user_agent.synthetic.type');
const ANNOTATION = 'ringdown.';
const KIND_SERVER = 2;
const STATUS_ERROR = 2;

/** @param reader bounded to the content of a Span; afterwards it stands at its end */
export function readSpanFacts(reader: ProtoReader): SpanFacts {
  const facts: SpanFacts = { traceIdAt: -1, isServer: false, failed: false, synthetic: false, route: '' };
  const { end } = reader;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | BYTES:
        facts.traceIdAt = readTraceId(reader);
        break;
      case (6 << 3) | VARINT:
        facts.isServer = reader.varint32() === KIND_SERVER;
        break;
      case (9 << 3) | BYTES:
        readAttribute(reader, facts);
        break;
      case (15 << 3) | BYTES:
        if (readStatus(reader) === STATUS_ERROR) facts.failed = true;
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  return facts;
}

/** @param reader bounded to the content of a LogRecord; afterwards it stands at its end */
export function readLogFacts(reader: ProtoReader): LogFacts {
  const facts = { traceIdAt: -1, severity: 0, synthetic: false, annotation: false, failed: false, route: '' };
  let text = '';
  const { end } = reader;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (2 << 3) | VARINT:
        facts.severity = reader.varint32();
        break;
      case (3 << 3) | BYTES:
        text = reader.string();
        break;
      case (6 << 3) | BYTES:
        readAttribute(reader, facts);
        break;
      case (9 << 3) | BYTES:
        facts.traceIdAt = readTraceId(reader);
        break;
      case (12 << 3) | BYTES:
        facts.annotation = reader.string().startsWith(ANNOTATION);
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  facts.severity = severityOf({ severityNumber: facts.severity, severityText: text });
  return facts;
}

/** An id of zeros is no id. */
function readTraceId(reader: ProtoReader): number {
  const end = reader.lengthEnd();
  const start = reader.pos;
  reader.pos = end;
  if (end - start !== 16) return -1;
  for (let at = start; at < end; at++) if (reader.bytes[at] !== 0) return start;
  return -1;
}

function readStatus(reader: ProtoReader): number {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  let code = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((3 << 3) | VARINT)) code = reader.varint32();
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  return code;
}

/** Reads a KeyValue as far as it matters. */
function readAttribute(reader: ProtoReader, facts: Pick<SpanFacts, 'failed' | 'synthetic' | 'route'>): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = -1;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) {
      keyEnd = reader.lengthEnd();
      keyStart = reader.pos;
      reader.pos = keyEnd;
    } else if (tag === ((2 << 3) | BYTES)) {
      valueStart = reader.pos;
      reader.skip(BYTES);
    } else reader.skip(tag & 7);
  }
  const isKey = (key: Buffer) => keyEnd - keyStart === key.length && key.compare(reader.bytes, keyStart, keyEnd) === 0;
  if (valueStart >= 0 && keyEnd - keyStart >= ROUTE_KEY.length) {
    reader.pos = valueStart;
    if (isKey(SYNTHETIC_KEY)) facts.synthetic = true;
    else if (isKey(ROUTE_KEY)) facts.route = String(readScalar(reader));
    else if (STATUS_KEYS.some(isKey) && Number(readScalar(reader)) >= 500) facts.failed = true;
  }
  reader.pos = end;
  reader.end = outer;
}

/** A string or an integer; empty for every other kind of value. */
function readScalar(reader: ProtoReader): string | number {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  let value: string | number = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) value = reader.string();
    else if (tag === ((3 << 3) | VARINT)) value = reader.int64();
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  return value;
}
