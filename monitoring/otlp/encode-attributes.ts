import type { Attributes, AttributeValue } from '../telemetry.ts';
import { BYTES, FIXED64, VARINT } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

/** Writes every attribute as a KeyValue in the repeated field `number`. */
export function writeAttributes(writer: ProtoWriter, number: number, attributes: Attributes): void {
  for (const key of Object.keys(attributes)) {
    writer.varint((number << 3) | BYTES);
    writer.delimited(() => {
      writeText(writer, 1, key);
      writeValue(writer, 2, attributes[key]!);
    });
  }
}

/**
 * Writes an AnyValue in the field `number`. Whole numbers below 2^53 are int64, others double; what `model.ts` holds as
 * text (int64 beyond that, bytes) stays text; null is a value that holds nothing.
 */
export function writeValue(writer: ProtoWriter, number: number, value: AttributeValue): void {
  writer.varint((number << 3) | BYTES);
  writer.delimited(() => writeAnyValue(writer, value));
}

function writeAnyValue(writer: ProtoWriter, value: AttributeValue): void {
  if (value === null) return;
  switch (typeof value) {
    case 'string':
      // Written even when it is empty: absent would be null.
      writer.varint((1 << 3) | BYTES);
      writer.string(value);
      return;
    case 'boolean':
      writer.varint((2 << 3) | VARINT);
      writer.varint(value ? 1 : 0);
      return;
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        writer.varint((3 << 3) | VARINT);
        if (value >= 0) writer.varint(value);
        else writer.varint64(BigInt(value));
      } else {
        writer.varint((4 << 3) | FIXED64);
        writer.double(value);
      }
      return;
    default:
      if (Array.isArray(value)) {
        writer.varint((5 << 3) | BYTES);
        writer.delimited(() => {
          for (const item of value) writeValue(writer, 1, item);
        });
      } else {
        writer.varint((6 << 3) | BYTES);
        writer.delimited(() => writeAttributes(writer, 1, value));
      }
  }
}

/** Fields of their default value are left out, as proto3 does. */
export function writeText(writer: ProtoWriter, number: number, value: string): void {
  if (value === '') return;
  writer.varint((number << 3) | BYTES);
  writer.string(value);
}

/** @param hex an even number of digits; empty is left out */
export function writeId(writer: ProtoWriter, number: number, hex: string): void {
  if (hex === '') return;
  writer.varint((number << 3) | BYTES);
  writer.hex(hex);
}

export function writeTime(writer: ProtoWriter, number: number, ns: bigint): void {
  if (ns === 0n) return;
  writer.varint((number << 3) | FIXED64);
  writer.fixed64(ns);
}

export function writeNumber(writer: ProtoWriter, number: number, value: number): void {
  if (value === 0) return;
  writer.varint((number << 3) | VARINT);
  writer.varint(value);
}

/** Presence matters: 0 is written, null is not. */
export function writeDouble(writer: ProtoWriter, number: number, value: number | null): void {
  if (value === null) return;
  writer.varint((number << 3) | FIXED64);
  writer.double(value);
}
