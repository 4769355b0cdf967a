import type { SpoolRecord } from '../../../exporter.ts';
import { readEnvelope } from '../../../otlp/decode-envelope.ts';
import { BYTES, FIXED64, type ProtoReader, VARINT } from '../../../otlp/proto-reader.ts';
import type { Attributes } from '../../../telemetry.ts';
import { AttributeEncoder, type Promoted } from './attributes.ts';
import type { BulkBody } from './bulk-body.ts';
import { type JsonBytes, literal } from './json-bytes.ts';
import type { Origins } from './origin.ts';
import { readEvent } from './span-events.ts';

/** Span attributes that questions and boards group by. The status code stands first: `event.outcome` needs it. */
export const PROMOTED_OF_SPANS: readonly Promoted[] = [
  { attribute: 'http.response.status_code', field: 'http.response.status_code', type: 'int' },
  { attribute: 'http.request.method', field: 'http.request.method', type: 'string' },
  { attribute: 'http.route', field: 'http.route', type: 'string' },
  { attribute: 'url.path', field: 'url.path', type: 'string' },
  { attribute: 'client.address', field: 'client.address', type: 'string' },
  { attribute: 'user.id', field: 'user.id', type: 'string' },
  { attribute: 'user_agent.synthetic.type', field: 'user_agent.synthetic.type', type: 'string' },
];
const STATUS_CODE = 0;

const END_OF_ACTION = literal('"}}\n{"@timestamp":');
const TRACE = literal(',"trace.id":"');
const SPAN = literal('","span.id":"');
const PARENT = literal('","parent.id":"');
const END_OF_ID = literal('",');
const NAME = literal('"span.name":');
const COMMA = literal(',');
/** By SpanKind and by status, named as telemetry.ts names them. */
const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];
/** By kind, status and outcome: what is the same for many spans is written at once. */
const JUDGED = KINDS.flatMap((kind) =>
  STATUSES.flatMap((status) =>
    ['success', 'failure'].map((outcome) =>
      literal(`,"span.kind":"${kind}","status.code":"${status}","event.outcome":"${outcome}","event.duration":`),
    ),
  ),
);
const STATUS_MESSAGE = literal(',"status.message":');
const EVENTS = literal(',"events":');
const END = literal('}\n');
const ERROR = 2;
/** More than all literals of a span, its times and its ids take. */
const MOST_FIXED_BYTES = 1_024;

/**
 * Writes spans straight from their protobuf bytes, in two looks at each: the first finds where the fields are, which may
 * come in any order. Objects are made only for events and for values that are arrays, maps or bytes.
 */
export class SpanEncoder {
  readonly #origins: Origins;
  readonly #attributes = new AttributeEncoder(PROMOTED_OF_SPANS);
  readonly #id = new Uint8Array(24);
  #places = new Int32Array(64);
  #attributeCount = 0;
  readonly #events: number[] = [];
  #traceAt = 0;
  #spanAt = 0;
  #parentAt = 0;
  #nameAt = 0;
  #nameEnd = 0;
  #kind = 0;
  #startAt = 0;
  #endAt = 0;
  #status = 0;
  #messageAt = 0;
  #messageEnd = 0;

  constructor(origins: Origins) {
    this.#origins = origins;
  }

  /**
   * @returns how many spans were written
   * @throws OtlpDecodeError when the bytes are no request; what the body then holds of it is to be taken back
   */
  encode(record: SpoolRecord, body: BulkBody): number {
    let written = 0;
    readEnvelope(record.bytes, (reader, resource, scopeName) => {
      const outer = reader.end;
      const end = reader.lengthEnd();
      reader.end = end;
      this.#write(reader, end, resource, scopeName, body);
      reader.pos = end;
      reader.end = outer;
      written++;
    });
    return written;
  }

  #write(reader: ProtoReader, end: number, resource: Attributes, scopeName: string, body: BulkBody): void {
    const { bytes, view } = reader;
    const origin = this.#origins.of('traces', resource, scopeName);
    const most = (end - reader.pos) * 6 + origin.action.length + origin.fields.length + MOST_FIXED_BYTES;
    const out = body.begin(most);
    this.#find(reader, end);
    const startHigh = this.#startAt === 0 ? 0 : view.getUint32(this.#startAt + 4, true);
    const startLow = this.#startAt === 0 ? 0 : view.getUint32(this.#startAt, true);
    out.put(origin.action);
    for (let index = 0; index < 16; index++) this.#id[index] = bytes[this.#traceAt + index]!;
    for (let index = 0; index < 8; index++) this.#id[16 + index] = bytes[this.#spanAt + index]!;
    out.base64(this.#id, 0, 24);
    out.put(END_OF_ACTION);
    out.time(startHigh, startLow);
    out.put(TRACE);
    out.hex(this.#id, 0, 16);
    out.put(SPAN);
    out.hex(this.#id, 16, 24);
    if (this.#parentAt > 0) {
      out.put(PARENT);
      out.hex(bytes, this.#parentAt, this.#parentAt + 8);
    }
    out.put(END_OF_ID);
    this.#attributes.write(reader, this.#places, this.#attributeCount, end, out);
    out.put(NAME);
    out.text(bytes, this.#nameAt, this.#nameEnd);
    if (this.#messageEnd > this.#messageAt) {
      out.put(STATUS_MESSAGE);
      out.text(bytes, this.#messageAt, this.#messageEnd);
    }
    out.put(JUDGED[(this.#kind * STATUSES.length + this.#status) * 2 + (this.#isFailed(reader) ? 1 : 0)]!);
    this.#writeDuration(view, startHigh, startLow, out);
    if (this.#events.length > 0) {
      out.put(EVENTS);
      out.value(this.#events.map((place) => this.#readEvent(reader, place, end)));
      // What JSON makes of events is not bounded by their bytes.
      out.room(origin.fields.length + 16);
    }
    out.put(COMMA);
    out.put(origin.fields);
    out.put(END);
    body.end();
  }

  /** Finds the fields of the span that begins where the reader is. */
  #find(reader: ProtoReader, end: number): void {
    this.#attributeCount = 0;
    this.#events.length = 0;
    this.#traceAt = 0;
    this.#spanAt = 0;
    this.#parentAt = 0;
    this.#nameAt = 0;
    this.#nameEnd = 0;
    this.#kind = 0;
    this.#startAt = 0;
    this.#endAt = 0;
    this.#status = 0;
    this.#messageAt = 0;
    this.#messageEnd = 0;
    while (reader.pos < end) {
      const tag = reader.tag();
      switch (tag) {
        case (1 << 3) | BYTES:
          this.#traceAt = idAt(reader, 16);
          break;
        case (2 << 3) | BYTES:
          this.#spanAt = idAt(reader, 8);
          break;
        case (4 << 3) | BYTES:
          this.#parentAt = idAt(reader, 8);
          break;
        case (5 << 3) | BYTES:
          this.#nameEnd = reader.lengthEnd();
          this.#nameAt = reader.pos;
          reader.pos = this.#nameEnd;
          break;
        case (6 << 3) | VARINT:
          this.#kind = below(KINDS.length, reader.varint32());
          break;
        case (7 << 3) | FIXED64:
          this.#startAt = reader.pos;
          reader.skip(FIXED64);
          break;
        case (8 << 3) | FIXED64:
          this.#endAt = reader.pos;
          reader.skip(FIXED64);
          break;
        case (9 << 3) | BYTES:
          this.#addAttribute(reader.pos);
          reader.skip(BYTES);
          break;
        case (11 << 3) | BYTES:
          this.#events.push(reader.pos);
          reader.skip(BYTES);
          break;
        case (15 << 3) | BYTES:
          this.#findStatus(reader);
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    if (this.#traceAt === 0 || this.#spanAt === 0) reader.fail('a span without ids');
  }

  #addAttribute(place: number): void {
    if (this.#attributeCount === this.#places.length) {
      const grown = new Int32Array(this.#places.length * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[this.#attributeCount++] = place;
  }

  #findStatus(reader: ProtoReader): void {
    const outer = reader.end;
    const end = reader.lengthEnd();
    reader.end = end;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag === ((2 << 3) | BYTES)) {
        this.#messageEnd = reader.lengthEnd();
        this.#messageAt = reader.pos;
        reader.pos = this.#messageEnd;
      } else if (tag === ((3 << 3) | VARINT)) this.#status = below(STATUSES.length, reader.varint32());
      else reader.skip(tag & 7);
    }
    reader.end = outer;
  }

  /** An answer of 5xx, or what its sender calls an error. */
  #isFailed(reader: ProtoReader): boolean {
    const answer = this.#attributes.promotedInteger(reader, STATUS_CODE);
    if (this.#status === ERROR) return true;
    return answer !== undefined && answer >= 500;
  }

  /** Nanoseconds; 0 where the end lies before the start. */
  #writeDuration(view: DataView, startHigh: number, startLow: number, out: JsonBytes): void {
    if (this.#endAt === 0) {
      out.integer(0);
      return;
    }
    const endLow = view.getUint32(this.#endAt, true);
    const high = view.getUint32(this.#endAt + 4, true) - startHigh - (endLow < startLow ? 1 : 0);
    const low = (endLow - startLow) >>> 0;
    // Below 2^53, 104 days, a double is exact.
    if (high < 0) out.integer(0);
    else if (high < 2 ** 21) out.integer(high * 2 ** 32 + low);
    else out.put(literal(String((BigInt(high) << 32n) | BigInt(low))));
  }

  #readEvent(reader: ProtoReader, place: number, end: number) {
    reader.pos = place;
    reader.end = end;
    return readEvent(reader);
  }
}

/** Where an id's bytes begin; 0 for one of zeros, which is no id (W3C trace context). */
function idAt(reader: ProtoReader, length: number): number {
  const end = reader.lengthEnd();
  const at = reader.pos;
  reader.pos = end;
  if (end === at) return 0;
  if (end - at !== length) reader.fail('an id of another length');
  for (let index = at; index < end; index++) if (reader.bytes[index] !== 0) return at;
  return 0;
}

/** Numbers that a later version of the protocol may add mean nothing here: 0, unspecified. */
function below(end: number, value: number): number {
  return value < end ? value : 0;
}
