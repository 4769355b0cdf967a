import { Buffer } from 'node:buffer';
import { OtlpDecodeError } from './model.ts';

/** Protobuf wire types; groups (3, 4) are refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const CACHE_BITS = 12;
const CACHE_MASK = (1 << CACHE_BITS) - 1;
const CACHED_LENGTH = 48;

// Attribute keys, routes and names repeat in every span; looking them up costs less than a call into the string decoder.
// One slot per hash, so it is bounded and needs no eviction.
const cachedStrings: (string | undefined)[] = new Array(CACHE_MASK + 1).fill(undefined);

/**
 * Reads protobuf wire format. Every read is bounded by `end`, the end of the message being read; anything that would
 * pass it throws OtlpDecodeError.
 */
export class ProtoReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos = 0;
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  fail(message: string): never {
    throw new OtlpDecodeError(message, this.pos);
  }

  /** Field number and wire type; field number 0 and numbers past 2^29-1 are refused. */
  tag(): number {
    const tag = this.varint32();
    if (tag >>> 3 === 0) this.fail('field number 0');
    return tag;
  }

  /** A varint of which only the low 32 bits matter (tags, enums, uint32), as an unsigned number. */
  varint32(): number {
    const { bytes, end } = this;
    if (this.pos >= end) this.fail('truncated varint');
    let byte = bytes[this.pos++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      if (this.pos >= end) this.fail('truncated varint');
      byte = bytes[this.pos++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.fail('varint longer than ten bytes');
  }

  /** A length prefix; returns where the content ends, which never passes `end`. */
  lengthEnd(): number {
    const { bytes, end } = this;
    if (this.pos >= end) this.fail('truncated length');
    let byte = bytes[this.pos++]!;
    let length = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 35) this.fail('length too large');
      if (this.pos >= end) this.fail('truncated length');
      byte = bytes[this.pos++]!;
      length += (byte & 0x7f) * scale;
    }
    const contentEnd = this.pos + length;
    if (contentEnd > end) this.fail('length passes the end of its message');
    return contentEnd;
  }

  /** int64 as a number, or as a decimal string where a double cannot hold it. */
  int64(): number | string {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.pos >= this.end) this.fail('truncated varint');
      const byte = this.bytes[this.pos++]!;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (index < 9) high |= bits << (7 * index - 32);
      else high |= bits << 31;
      if (byte < 0x80) return int64Of(high | 0, low >>> 0);
    }
    return this.fail('varint longer than ten bytes');
  }

  /** uint64 as the nearest double; for counts. */
  uint64(): number {
    const value = this.int64();
    return Number(typeof value === 'number' && value >= 0 ? value : BigInt.asUintN(64, BigInt(value)));
  }

  sint32(): number {
    const value = this.varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  #take(size: number): number {
    const at = this.pos;
    if (at + size > this.end) this.fail('truncated number');
    this.pos = at + size;
    return at;
  }

  fixed64(): bigint {
    return this.view.getBigUint64(this.#take(8), true);
  }

  /** fixed64 as the nearest double; for counts. */
  count64(): number {
    const at = this.#take(8);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** sfixed64 as the nearest double. */
  sfixed64(): number {
    const at = this.#take(8);
    return this.view.getUint32(at, true) + this.view.getInt32(at + 4, true) * 2 ** 32;
  }

  double(): number {
    return this.view.getFloat64(this.#take(8), true);
  }

  /** UTF-8; invalid sequences become U+FFFD, because senders cut long values in mid-character. */
  string(): string {
    const end = this.lengthEnd();
    const start = this.pos;
    this.pos = end;
    const length = end - start;
    if (length === 0) return '';
    if (length > CACHED_LENGTH) return this.bytes.toString('utf8', start, end);
    const { bytes } = this;
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    const slot = (hash ^ (hash >>> CACHE_BITS)) & CACHE_MASK;
    const cached = cachedStrings[slot];
    if (cached !== undefined && cached.length === length) {
      let at = 0;
      while (at < length && cached.charCodeAt(at) === bytes[start + at]) at++;
      if (at === length) return cached;
    }
    const text = bytes.toString('utf8', start, end);
    // Equal lengths mean ASCII (or U+FFFD, which equals no byte), so that comparing code units with bytes is enough.
    if (text.length === length) cachedStrings[slot] = text;
    return text;
  }

  hex(): string {
    const end = this.lengthEnd();
    const start = this.pos;
    this.pos = end;
    return end === start ? '' : this.bytes.toString('hex', start, end);
  }

  base64(): string {
    const end = this.lengthEnd();
    const start = this.pos;
    this.pos = end;
    return this.bytes.toString('base64', start, end);
  }

  /** Steps over a field's value. */
  skip(wire: number): void {
    if (wire === VARINT) this.int64();
    else if (wire === FIXED64) this.#take(8);
    else if (wire === BYTES) this.pos = this.lengthEnd();
    else if (wire === FIXED32) this.#take(4);
    else this.fail(`wire type ${wire}`);
  }
}

function int64Of(high: number, low: number): number | string {
  if (high >= -0x200000 && high <= 0x1fffff) {
    const value = high * 2 ** 32 + low;
    if (Number.isSafeInteger(value)) return value;
  }
  return ((BigInt(high) << 32n) | BigInt(low)).toString();
}
