/**
 * Protobuf wire format straight into one growing buffer. Callers reserve nothing: every method makes its own room.
 * Strings with lone surrogates are written with U+FFFD in their place, because proto3 strings must be valid UTF-8.
 */
export class ProtobufWriter {
  bytes: Buffer;
  position = 0;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** Makes room for `sizeBytes` more. */
  ensure(sizeBytes: number): void {
    if (this.position + sizeBytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + sizeBytes));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.position);
    this.bytes.copy(copy, 0, 0, this.position);
    return copy;
  }

  /** A field's key: number and wire type below 16, so one byte. */
  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.position++] = value;
  }

  /** An unsigned integer below 2³². */
  varint32(value: number): void {
    this.ensure(5);
    const { bytes } = this;
    let rest = value >>> 0;
    while (rest > 127) {
      bytes[this.position++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.position++] = rest;
  }

  /** A safe integer of either sign, in two's complement of 64 bits. */
  varint64(value: number): void {
    if (value >= 0 && value <= 0xffff_ffff) {
      this.varint32(value);
      return;
    }
    this.bigVarint(BigInt(value));
  }

  /** An integer of 64 bits; more are cut off. */
  bigVarint(value: bigint): void {
    this.ensure(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.bytes[this.position++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.position++] = Number(rest);
  }

  fixed32(value: number): void {
    this.ensure(4);
    this.position = this.bytes.writeUInt32LE(value >>> 0, this.position);
  }

  /** 64 bits from two unsigned halves. */
  fixed64(low: number, high: number): void {
    this.ensure(8);
    const { bytes, position } = this;
    bytes[position] = low;
    bytes[position + 1] = low >>> 8;
    bytes[position + 2] = low >>> 16;
    bytes[position + 3] = low >>> 24;
    bytes[position + 4] = high;
    bytes[position + 5] = high >>> 8;
    bytes[position + 6] = high >>> 16;
    bytes[position + 7] = high >>> 24;
    this.position = position + 8;
  }

  double(value: number): void {
    this.ensure(8);
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  /** Bytes that are encoded already. */
  raw(encoded: Uint8Array): void {
    this.ensure(encoded.length);
    this.bytes.set(encoded, this.position);
    this.position += encoded.length;
  }

  /** Four bytes, most significant first: a quarter of a trace id. */
  word(value: number): void {
    this.ensure(4);
    const { bytes, position } = this;
    bytes[position] = value >>> 24;
    bytes[position + 1] = value >>> 16;
    bytes[position + 2] = value >>> 8;
    bytes[position + 3] = value;
    this.position = position + 4;
  }

  /** The bytes that an even number of hex digits stands for. */
  hex(digits: string): void {
    this.ensure(digits.length >> 1);
    this.position += this.bytes.write(digits, this.position, 'hex');
  }

  /** A length and then the text in UTF-8. */
  string(text: string): void {
    const { length } = text;
    this.ensure(length * 3 + 5);
    if (length < 64) {
      const { bytes } = this;
      const start = this.position;
      let position = start + 1;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 127) break;
        bytes[position++] = code;
      }
      if (index === length) {
        bytes[start] = length;
        this.position = position;
        return;
      }
    }
    const open = this.open();
    this.position += this.bytes.write(text, this.position, 'utf8');
    this.close(open);
  }

  /** Leaves a byte for the length of what follows; `close` gets the answer. Most messages are shorter than 128 bytes. */
  open(): number {
    this.ensure(1);
    return this.position++;
  }

  /** Writes the length of everything since `open`, moving it where one byte is not enough. */
  close(open: number): void {
    const start = open + 1;
    const length = this.position - start;
    if (length < 128) {
      this.bytes[open] = length;
      return;
    }
    const extra = length < 16_384 ? 1 : length < 2_097_152 ? 2 : length < 268_435_456 ? 3 : 4;
    this.ensure(extra);
    this.bytes.copyWithin(start + extra, start, this.position);
    const end = this.position + extra;
    this.position = open;
    this.varint32(length);
    this.position = end;
  }

  /** `open` for messages that are mostly between 128 and 16,383 bytes long: leaves two bytes. */
  openLong(): number {
    this.ensure(2);
    const open = this.position;
    this.position = open + 2;
    return open;
  }

  /** Ends what `openLong` began. A short length is padded to two bytes, which every decoder accepts. */
  closeLong(open: number): void {
    const length = this.position - open - 2;
    if (length < 16_384) {
      this.bytes[open] = (length & 127) | 128;
      this.bytes[open + 1] = length >>> 7;
      return;
    }
    const extra = length < 2_097_152 ? 1 : length < 268_435_456 ? 2 : 3;
    this.ensure(extra);
    this.bytes.copyWithin(open + 2 + extra, open + 2, this.position);
    const end = this.position + extra;
    this.position = open;
    this.varint32(length);
    this.position = end;
  }
}
