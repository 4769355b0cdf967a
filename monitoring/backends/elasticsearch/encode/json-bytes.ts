import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const HEX = Buffer.from('0123456789abcdef');
const BASE64_URL = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** Bytes that stand for themselves inside a JSON string: printable ASCII without `"` and `\`. */
const PLAIN = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte++) PLAIN[byte] = 1;
PLAIN[QUOTE] = 0;
PLAIN[0x5c] = 0;

/** A text that is written as it stands. */
export function literal(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/**
 * JSON as UTF-8 in one buffer that grows and is used again. The caller makes room once per document, then writes without
 * further checks: a string takes at most six times its bytes and two quotes.
 */
export class JsonBytes {
  bytes: Buffer;
  length = 0;
  // Documents of one batch share their seconds, so the part of a time before the fraction is made once.
  #second = -1;
  readonly #secondText = new Uint8Array(20);

  constructor(size = 1 << 16) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  room(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, needed));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Bytes that are JSON already. */
  put(chunk: Uint8Array): void {
    const { length } = chunk;
    // A native call costs more than a short loop.
    if (length > 16) this.bytes.set(chunk, this.length);
    else {
      const { bytes } = this;
      const at = this.length;
      for (let index = 0; index < length; index++) bytes[at + index] = chunk[index]!;
    }
    this.length += length;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** A short text of ASCII, as it stands. */
  ascii(text: string): void {
    const { bytes } = this;
    for (let index = 0; index < text.length; index++) bytes[this.length++] = text.charCodeAt(index);
  }

  /** A text as it stands: at most three bytes for each of its units. */
  utf8(text: string): void {
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** A value as JSON.stringify writes it; makes its own room. NaN and infinities, for which JSON has no words, are strings. */
  value(value: unknown): void {
    const json = Buffer.from(stringify(value));
    this.room(json.length);
    this.put(json);
  }

  /** UTF-8 bytes as a string with its quotes. Invalid sequences become U+FFFD. */
  text(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let index = start; index < end; index++) {
      const byte = source[index]!;
      if (PLAIN[byte] === 0) {
        this.#escaped(source, start, end);
        return;
      }
      bytes[at++] = byte;
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }

  #escaped(source: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(source.buffer, source.byteOffset + start, end - start).toString('utf8');
    const json = JSON.stringify(text);
    this.length += this.bytes.write(json, this.length, 'utf8');
  }

  /** Lower-case hex digits, without quotes. */
  hex(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = start; index < end; index++) {
      const byte = source[index]!;
      bytes[at++] = HEX[byte >>> 4]!;
      bytes[at++] = HEX[byte & 15]!;
    }
    this.length = at;
  }

  /** Base64 for URLs, without quotes, of a number of bytes that is a multiple of three. */
  base64(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = start; index + 2 < end; index += 3) {
      const group = (source[index]! << 16) | (source[index + 1]! << 8) | source[index + 2]!;
      bytes[at++] = BASE64_URL[group >>> 18]!;
      bytes[at++] = BASE64_URL[(group >>> 12) & 63]!;
      bytes[at++] = BASE64_URL[(group >>> 6) & 63]!;
      bytes[at++] = BASE64_URL[group & 63]!;
    }
    this.length = at;
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    const { bytes } = this;
    let rest = value;
    if (rest < 0) {
      bytes[this.length++] = 0x2d;
      rest = -rest;
    }
    let end = this.length + 1;
    for (let digits = rest; digits >= 10; digits = Math.floor(digits / 10)) end++;
    this.length = end;
    do {
      const tenth = Math.floor(rest / 10);
      bytes[--end] = 0x30 + (rest - tenth * 10);
      rest = tenth;
    } while (rest > 0);
  }

  /**
   * Nanoseconds since the epoch as RFC 3339 with nine digits, with quotes.
   * @param high upper and `low` lower 32 bits, unsigned. In long division by 10^9 in steps of 16 bits every number is an integer
   *   below 2^46, so a double holds it exactly.
   */
  time(high: number, low: number): void {
    const upper = Math.floor(high / 1e9);
    const first = (high - upper * 1e9) * 65_536 + (low >>> 16);
    const middle = Math.floor(first / 1e9);
    const second = (first - middle * 1e9) * 65_536 + (low & 0xffff);
    const lower = Math.floor(second / 1e9);
    const seconds = upper * 4_294_967_296 + middle * 65_536 + lower;
    let fraction = second - lower * 1e9;
    if (seconds !== this.#second) this.#setSecond(seconds);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let index = 0; index < 20; index++) bytes[at++] = this.#secondText[index]!;
    for (let index = 8; index >= 0; index--) {
      const tenth = Math.floor(fraction / 10);
      bytes[at + index] = 0x30 + (fraction - tenth * 10);
      fraction = tenth;
    }
    at += 9;
    bytes[at++] = 0x5a;
    bytes[at++] = QUOTE;
    this.length = at;
  }

  /** Ends with the dot before the fraction. 64 bits of nanoseconds end in the year 2554, so the year has four digits. */
  #setSecond(seconds: number): void {
    this.#second = seconds;
    const text = `${new Date(seconds * 1_000).toISOString().slice(0, 19)}.`;
    for (let index = 0; index < 20; index++) this.#secondText[index] = text.charCodeAt(index);
  }
}

/** JSON in which NaN and infinities are strings. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner,
  );
}
