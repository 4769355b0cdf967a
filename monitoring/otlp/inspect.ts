import type { Signal } from '../exporter.ts';
import { BYTES, FIXED32, FIXED64, ProtoReader, VARINT } from './proto-reader.ts';
import { varint } from './proto-writer.ts';
import { type Message, REQUESTS } from './schema.ts';

/** What `inspect` found in a request. */
export interface Inspection {
  /** Spans, data points or log records that are valid. */
  items: number;
  /** Items that the protocol calls invalid: a span without a 16-byte trace id and an 8-byte span id, a log with an id of another length. */
  invalid: number;
  /** The request without the invalid items; the same array where there are none. */
  bytes: Uint8Array;
}

// A value takes two or three messages a level, so this is stricter than the decoder's own limit: what was accepted can be read.
const MAX_MESSAGE_DEPTH = 192;

const SPAN = REQUESTS.traces.byNumber[1]!.message!.byNumber[2]!.message!.byNumber[2]!.message!;
const LOG_RECORD = REQUESTS.logs.byNumber[1]!.message!.byNumber[2]!.message!.byNumber[2]!.message!;

/**
 * Checks the structure of the whole request, every nested value included, and counts its items, without building
 * objects.
 * @param maxItems valid and invalid ones: an empty item is two bytes, and whoever decodes it makes an object
 * @throws OtlpDecodeError when the bytes are not an export request of this signal, or hold more items
 */
export function inspect(signal: Signal, bytes: Uint8Array, maxItems = Number.POSITIVE_INFINITY): Inspection {
  const walk = new Walk(bytes, maxItems);
  walk.message(REQUESTS[signal], 0);
  if (walk.invalid.length === 0) return { items: walk.items, invalid: 0, bytes };
  const reader = new ProtoReader(bytes);
  return {
    items: walk.items,
    invalid: walk.invalid.length,
    bytes: withoutItems(reader, 3, new Set(walk.invalid)),
  };
}

/** As `inspect`, for who needs only the number of valid items. */
export function countItems(signal: Signal, bytes: Uint8Array): number {
  return inspect(signal, bytes).items;
}

class Walk extends ProtoReader {
  items = 0;
  /** Where the content of every invalid item starts. */
  invalid: number[] = [];
  readonly #maxItems: number;

  constructor(bytes: Uint8Array, maxItems: number) {
    super(bytes);
    this.#maxItems = maxItems;
  }

  message(type: Message, depth: number): void {
    if (depth > MAX_MESSAGE_DEPTH) this.fail('values nested too deep');
    const end = this.end;
    const { byNumber } = type;
    while (this.pos < end) {
      const tag = this.tag();
      const wire = tag & 7;
      if (wire === BYTES) {
        const field = byNumber[tag >>> 3];
        const contentEnd = this.lengthEnd();
        if (field !== undefined && field.message !== undefined) {
          if (field.counted) this.#item(field.message, contentEnd, depth);
          else {
            this.end = contentEnd;
            this.message(field.message, depth + 1);
            this.end = end;
          }
        } else {
          if (field?.repeated) this.#packed(field.kind, contentEnd);
          this.pos = contentEnd;
        }
      } else if (wire === VARINT || wire === FIXED64 || wire === FIXED32) this.skip(wire);
      else this.fail(`wire type ${wire}`);
    }
  }

  #item(type: Message, contentEnd: number, depth: number): void {
    const outer = this.end;
    const start = this.pos;
    this.end = contentEnd;
    this.message(type, depth + 1);
    this.end = outer;
    if (
      type === SPAN
        ? this.#idsAreValid(start, contentEnd, true)
        : type !== LOG_RECORD || this.#idsAreValid(start, contentEnd, false)
    ) {
      this.items++;
    } else this.invalid.push(start);
    if (this.items + this.invalid.length > this.#maxItems) this.fail(`more than ${this.#maxItems} items`);
  }

  /** Ids stand first in what senders write, so this second look is short for spans. */
  #idsAreValid(start: number, contentEnd: number, required: boolean): boolean {
    const outer = this.end;
    this.pos = start;
    this.end = contentEnd;
    const [traceField, spanField] = required ? [1, 2] : [9, 10];
    let traceLength = 0;
    let spanLength = 0;
    while (this.pos < contentEnd) {
      const tag = this.varint32();
      const field = tag >>> 3;
      if ((tag & 7) === BYTES) {
        const valueEnd = this.lengthEnd();
        if (field === traceField) traceLength = this.#idLength(valueEnd);
        else if (field === spanField) spanLength = this.#idLength(valueEnd);
        this.pos = valueEnd;
        if (required && traceLength === 16 && spanLength === 8) break;
      } else this.skip(tag & 7);
    }
    this.pos = contentEnd;
    this.end = outer;
    return required
      ? traceLength === 16 && spanLength === 8
      : (traceLength === 0 || traceLength === 16) && (spanLength === 0 || spanLength === 8);
  }

  /** An id of zeros is no id (W3C trace context, OTLP); it counts as absent. */
  #idLength(end: number): number {
    for (let at = this.pos; at < end; at++) if (this.bytes[at] !== 0) return end - this.pos;
    return 0;
  }

  /** A packed field must end on a whole number. */
  #packed(kind: string, end: number): void {
    if (kind === 'fixed64' || kind === 'double' || kind === 'sfixed64') {
      if ((end - this.pos) % 8 !== 0) this.fail('packed field of a broken length');
    } else if (kind === 'uint64') {
      const outer = this.end;
      this.end = end;
      while (this.pos < end) this.skip(VARINT);
      this.end = outer;
    }
  }
}

/** Copies a message of the envelope; field `path` leads to the items: 1 in the request, 2 in both levels below. */
function withoutItems(reader: ProtoReader, levels: number, invalid: Set<number>): Buffer {
  const parts: Buffer[] = [];
  const end = reader.end;
  const path = levels === 3 ? 1 : 2;
  while (reader.pos < end) {
    const start = reader.pos;
    const tag = reader.tag();
    if (tag !== ((path << 3) | BYTES)) {
      reader.skip(tag & 7);
      parts.push(reader.bytes.subarray(start, reader.pos));
      continue;
    }
    const contentEnd = reader.lengthEnd();
    if (levels === 1) {
      if (!invalid.has(reader.pos)) parts.push(reader.bytes.subarray(start, contentEnd));
    } else {
      reader.end = contentEnd;
      const content = withoutItems(reader, levels - 1, invalid);
      reader.end = end;
      parts.push(Buffer.from([tag]), varint(content.length), content);
    }
    reader.pos = contentEnd;
  }
  return Buffer.concat(parts);
}
