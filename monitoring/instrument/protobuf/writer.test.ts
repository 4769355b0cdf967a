import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { ProtobufWriter } from './writer.ts';

const readerOf = (writer: ProtobufWriter) => protobuf.Reader.create(writer.finish());

test('every 32-bit unsigned integer is read back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), (value) => {
      const writer = new ProtobufWriter(0);
      writer.varint32(value);
      expect(readerOf(writer).uint32()).toBe(value);
    }),
  );
});

test('every 64-bit integer is read back, of either sign', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const writer = new ProtobufWriter(0);
      writer.bigVarint(value);
      expect(readerOf(writer).int64().toString()).toBe(value.toString());
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const writer = new ProtobufWriter(0);
      writer.varint64(value);
      expect(readerOf(writer).int64().toString()).toBe(value.toString());
    }),
  );
});

test('every string is read back as well-formed UTF-8, lone surrogates replaced', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (text, broken) => {
      const written = broken ? `${text}\ud800` : text;
      const writer = new ProtobufWriter(0);
      writer.string(written);
      const reader = readerOf(writer);
      expect(reader.string()).toBe(written.toWellFormed());
      expect(reader.pos).toBe(reader.len);
    }),
  );
});

test.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
  'a message of %i bytes gets a length that fits, however it was opened',
  (size) => {
    const content = Buffer.alloc(size, 7);
    for (const kind of ['short', 'long'] as const) {
      const writer = new ProtobufWriter(0);
      const open = kind === 'short' ? writer.open() : writer.openLong();
      writer.raw(content);
      if (kind === 'short') writer.close(open);
      else writer.closeLong(open);
      writer.byte(9);
      const reader = readerOf(writer);
      expect(Buffer.from(reader.bytes()).equals(content)).toBe(true);
      expect(reader.uint32()).toBe(9);
    }
  },
);

test('hex digits become the bytes that they stand for', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
      const writer = new ProtobufWriter(0);
      writer.hex(Buffer.from(bytes).toString('hex'));
      expect(new Uint8Array(writer.finish())).toEqual(new Uint8Array(bytes));
    }),
  );
});

test('a fixed 64-bit integer is little-endian from its two halves', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const writer = new ProtobufWriter(0);
      writer.fixed64(Number(value & 0xffff_ffffn), Number(value >> 32n));
      expect(writer.finish().readBigUInt64LE()).toBe(value);
    }),
  );
});
