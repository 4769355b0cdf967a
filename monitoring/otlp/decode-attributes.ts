import type { Attributes, AttributeValue } from '../telemetry.ts';
import { BYTES, FIXED64, type ProtoReader, VARINT } from './proto-reader.ts';

/** Deeper nesting of arrays and maps is refused; `inspect` refuses it earlier. */
const MAX_VALUE_DEPTH = 128;

// A function with an empty null prototype: as quick as an object literal, and `__proto__` is a key like any other.
const AttributeMap = function AttributeMap() {} as unknown as { new (): Attributes; prototype: object };
AttributeMap.prototype = Object.create(null);

export function emptyAttributes(): Attributes {
  return new AttributeMap();
}

/** Reads one KeyValue into `into`; a repeated key keeps its last value. */
export function readAttribute(reader: ProtoReader, into: Attributes, depth = 0): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  let key = '';
  let value: AttributeValue = null;
  while (reader.pos < end) {
    const tag = reader.varint32();
    if (tag === ((1 << 3) | BYTES)) key = reader.string();
    else if (tag === ((2 << 3) | BYTES)) value = readAnyValue(reader, depth);
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  into[key] = value;
}

/** Reads a length-prefixed AnyValue; null where it holds nothing. */
export function readAnyValue(reader: ProtoReader, depth = 0): AttributeValue {
  if (depth > MAX_VALUE_DEPTH) reader.fail('values nested too deep');
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  let value: AttributeValue = null;
  while (reader.pos < end) {
    const tag = reader.varint32();
    switch (tag) {
      case (1 << 3) | BYTES:
        value = reader.string();
        break;
      case (2 << 3) | VARINT:
        value = reader.int64() !== 0;
        break;
      case (3 << 3) | VARINT:
        value = reader.int64();
        break;
      case (4 << 3) | FIXED64:
        value = reader.double();
        break;
      case (5 << 3) | BYTES: {
        const items: AttributeValue[] = [];
        readValues(reader, (inner) => items.push(readAnyValue(inner, depth + 1)));
        value = items;
        break;
      }
      case (6 << 3) | BYTES: {
        const map = emptyAttributes();
        readValues(reader, (inner) => readAttribute(inner, map, depth + 1));
        value = map;
        break;
      }
      case (7 << 3) | BYTES:
        value = reader.base64();
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  reader.end = outer;
  return value;
}

/** ArrayValue and KeyValueList alike: field 1, repeated. */
function readValues(reader: ProtoReader, read: (reader: ProtoReader) => void): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  while (reader.pos < end) {
    const tag = reader.varint32();
    if (tag === ((1 << 3) | BYTES)) read(reader);
    else reader.skip(tag & 7);
  }
  reader.end = outer;
}
