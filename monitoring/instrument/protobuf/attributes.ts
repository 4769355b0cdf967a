import { ProtobufWriter } from './writer.ts';

/** Deeper values are left out: nobody queries them, and a cycle must end. */
const MAX_DEPTH = 8;

/**
 * One `KeyValue` (opentelemetry/proto/common/v1) under the given field key. Integers within 2⁵³ become int_value,
 * other numbers double_value; bigints that fit 64 bits int_value; null, undefined, functions and symbols an empty value.
 */
export function writeAttribute(writer: ProtobufWriter, fieldKey: number, name: string, value: unknown): void {
  writeKeyValue(writer, fieldKey, name, value, 0);
}

/** All attributes of an object, undefined values left out. */
export function writeAttributes(
  writer: ProtobufWriter,
  fieldKey: number,
  attributes: Readonly<Record<string, unknown>>,
) {
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value !== undefined) writeKeyValue(writer, fieldKey, name, value, 0);
  }
}

/** The same, once, into bytes that are copied into many messages. */
export function encodeAttributes(fieldKey: number, attributes: Readonly<Record<string, unknown>>): Buffer {
  const writer = new ProtobufWriter(256);
  writeAttributes(writer, fieldKey, attributes);
  return writer.finish();
}

/** A length-delimited `AnyValue` under the given field key. */
export function writeAnyValue(writer: ProtobufWriter, fieldKey: number, value: unknown): void {
  writeValue(writer, fieldKey, value, 0);
}

function writeKeyValue(writer: ProtobufWriter, fieldKey: number, name: string, value: unknown, depth: number): void {
  writer.byte(fieldKey);
  const open = writer.open();
  writer.byte(0x0a); // key
  writer.string(name);
  writeValue(writer, 0x12, value, depth);
  writer.close(open);
}

function writeValue(writer: ProtobufWriter, fieldKey: number, value: unknown, depth: number): void {
  writer.byte(fieldKey);
  const open = writer.open();
  switch (typeof value) {
    case 'string':
      writer.byte(0x0a);
      writer.string(value);
      break;
    case 'boolean':
      writer.byte(0x10);
      writer.byte(value ? 1 : 0);
      break;
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        writer.byte(0x18);
        writer.varint64(value);
      } else {
        writer.byte(0x21);
        writer.double(value);
      }
      break;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) {
        writer.byte(0x18);
        writer.bigVarint(value);
      } else {
        writer.byte(0x0a);
        writer.string(value.toString());
      }
      break;
    case 'object':
      if (value !== null && depth < MAX_DEPTH) writeObject(writer, value, depth);
      break;
  }
  writer.close(open);
}

function writeObject(writer: ProtobufWriter, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    writer.byte(0x3a);
    const open = writer.open();
    writer.raw(value);
    writer.close(open);
    return;
  }
  const list = Array.isArray(value);
  writer.byte(list ? 0x2a : 0x32);
  const open = writer.open();
  if (list) {
    for (const element of value) writeValue(writer, 0x0a, element, depth + 1);
  } else {
    for (const [name, member] of Object.entries(value)) writeKeyValue(writer, 0x0a, name, member, depth + 1);
  }
  writer.close(open);
}
