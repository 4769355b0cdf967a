import { Buffer } from 'node:buffer';

/**
 * Just enough protobuf to write OTLP requests in tests, apart from the product's own encoder, so that one mistake
 * cannot hide behind another.
 */
export type Field = Uint8Array;

export function message(number: number, ...fields: Field[]): Field {
  return bytesField(number, Buffer.concat(fields));
}

export function text(number: number, value: string): Field {
  return bytesField(number, Buffer.from(value));
}

export function hex(number: number, value: string): Field {
  return bytesField(number, Buffer.from(value, 'hex'));
}

export function bytesField(number: number, value: Uint8Array): Field {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value]);
}

export function integer(number: number, value: bigint | number): Field {
  return Buffer.concat([varint(BigInt(number * 8)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

export function fixed64(number: number, value: bigint): Field {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(BigInt(number * 8 + 1)), bytes]);
}

export function double(number: number, value: number): Field {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt(number * 8 + 1)), bytes]);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
