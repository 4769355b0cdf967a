import { Buffer } from 'node:buffer';

/** Lengths below it take one byte. */
const SHORT = 64;

/** Writes protobuf wire format into a buffer that grows. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  /** A view of what was written; valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + size));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = at + size;
    return at;
  }

  #byte(value: number): void {
    // Room first: making it may replace the buffer.
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  /** An unsigned varint below 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  /** A varint of 64 bits, two's complement. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#byte(Number(rest & 127n) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  fixed64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }

  fixed32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  /** Bytes that are whole fields already. */
  raw(fields: Uint8Array): void {
    const at = this.#room(fields.length);
    this.#bytes.set(fields, at);
  }

  string(value: string): void {
    if (value.length < SHORT && this.#ascii(value)) return;
    const length = Buffer.byteLength(value);
    this.varint(length);
    const at = this.#room(length);
    this.#bytes.write(value, at, 'utf8');
  }

  /** Keys, names and routes: a loop costs less than two calls into the encoder. @returns false where it is not ASCII */
  #ascii(value: string): boolean {
    const { length } = value;
    const start = this.#room(length + 1);
    const bytes = this.#bytes;
    bytes[start] = length;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) {
        this.#length = start;
        return false;
      }
      bytes[start + 1 + index] = code;
    }
    return true;
  }

  /** Bytes given as hex digits, an even number of them. */
  hex(digits: string): void {
    const length = digits.length >>> 1;
    this.varint(length);
    const at = this.#room(length);
    this.#bytes.write(digits, at, 'hex');
  }

  /** Runs `write` and puts the length of what it wrote before it. */
  delimited(write: () => void): void {
    const start = this.#room(1) + 1;
    write();
    const length = this.#length - start;
    let size = 1;
    for (let rest = Math.floor(length / 128); rest > 0; rest = Math.floor(rest / 128)) size++;
    if (size > 1) {
      this.#room(size - 1);
      this.#bytes.copyWithin(start + size - 1, start, start + length);
    }
    const end = this.#length;
    this.#length = start - 1;
    this.varint(length);
    this.#length = end;
  }
}

/** An unsigned protobuf varint, for numbers below 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      return Buffer.from(bytes);
    }
    bytes.push((rest % 128) | 0x80);
  }
}
