import { Buffer } from 'node:buffer';
import type { Signal } from '../exporter.ts';
import { OtlpDecodeError } from './model.ts';
import { BYTES, FIXED32, FIXED64, VARINT } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { ENUM_NAMES, type Field, type Message, REQUESTS } from './schema.ts';

const MAX_DEPTH = 192;

/**
 * Turns an OTLP/JSON export request, parsed, into protobuf. Ids are hex, other bytes base64 (or base64url), 64-bit
 * integers strings or numbers, enums numbers or names, keys camelCase or snake_case; null and unknown keys are passed
 * over.
 * @param maxItems of one list of spans, data points or log records
 * @throws OtlpDecodeError naming the path of the first value that does not fit
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeJson(signal: Signal, json: unknown, maxItems = Number.POSITIVE_INFINITY): Uint8Array {
  const target = { writer: new ProtoWriter(), maxItems };
  writeMessage(target, REQUESTS[signal], json, '$', 0);
  return target.writer.finish();
}

interface Target {
  writer: ProtoWriter;
  maxItems: number;
}

function refuse(path: string, expected: string): never {
  throw new OtlpDecodeError(`${path}: expected ${expected}`, 0);
}

function writeMessage(target: Target, type: Message, json: unknown, path: string, depth: number): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) refuse(path, `an object (${type.name})`);
  if (depth > MAX_DEPTH) refuse(path, 'less nesting');
  for (const [key, value] of Object.entries(json)) {
    const field = type.fields.get(key);
    if (!field || value === null) continue;
    const at = `${path}.${key}`;
    if (!field.repeated) writeField(target, field, value, at, depth);
    else if (!Array.isArray(value)) refuse(at, 'an array');
    else if (field.counted && value.length > target.maxItems) refuse(at, `at most ${target.maxItems} items`);
    else for (const [index, item] of value.entries()) writeField(target, field, item, `${at}[${index}]`, depth);
  }
}

function writeField(target: Target, field: Field, value: unknown, path: string, depth: number): void {
  const { writer } = target;
  const tag = (wire: number) => writer.varint((field.number << 3) | wire);
  switch (field.kind) {
    case 'message':
      tag(BYTES);
      writer.delimited(() => writeMessage(target, field.message!, value, path, depth + 1));
      return;
    case 'string':
      if (typeof value !== 'string') refuse(path, 'a string');
      tag(BYTES);
      writer.string(value);
      return;
    case 'id':
      if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(value))
        refuse(path, 'hex digits');
      tag(BYTES);
      writer.bytes(Buffer.from(value, 'hex'));
      return;
    case 'bytes':
      if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) refuse(path, 'base64');
      tag(BYTES);
      writer.bytes(Buffer.from(value, 'base64'));
      return;
    case 'bool':
      if (typeof value !== 'boolean') refuse(path, 'true or false');
      tag(VARINT);
      writer.varint(value ? 1 : 0);
      return;
    case 'double':
      tag(FIXED64);
      writer.double(doubleOf(value, path));
      return;
    case 'enum':
      tag(VARINT);
      writer.varint64(enumOf(field, value, path));
      return;
    case 'fixed32':
      tag(FIXED32);
      writer.fixed32(Number(integerOf(value, path, 0n, 2n ** 32n - 1n)));
      return;
    case 'uint32':
      tag(VARINT);
      writer.varint64(integerOf(value, path, 0n, 2n ** 32n - 1n));
      return;
    case 'sint32': {
      const integer = integerOf(value, path, -(2n ** 31n), 2n ** 31n - 1n);
      tag(VARINT);
      writer.varint64(integer >= 0n ? integer * 2n : -integer * 2n - 1n);
      return;
    }
    case 'int64':
      tag(VARINT);
      writer.varint64(integerOf(value, path, -(2n ** 63n), 2n ** 63n - 1n));
      return;
    case 'uint64':
      tag(VARINT);
      writer.varint64(integerOf(value, path, 0n, 2n ** 64n - 1n));
      return;
    case 'fixed64':
      tag(FIXED64);
      writer.fixed64(integerOf(value, path, 0n, 2n ** 64n - 1n));
      return;
    case 'sfixed64':
      tag(FIXED64);
      writer.fixed64(integerOf(value, path, -(2n ** 63n), 2n ** 63n - 1n));
      return;
  }
}

/** A number past 2^53 was rounded by its sender already; its text is gone. */
function integerOf(value: unknown, path: string, min: bigint, max: bigint): bigint {
  const readable =
    typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!readable) refuse(path, 'an integer');
  const integer = BigInt(value as number | string);
  if (integer < min || integer > max) refuse(path, `an integer from ${min} to ${max}`);
  return integer;
}

function doubleOf(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(value)) return Number(value);
  return refuse(path, 'a number');
}

function enumOf(field: Field, value: unknown, path: string): bigint {
  if (typeof value !== 'string' || /^-?\d+$/.test(value)) return integerOf(value, path, -(2n ** 31n), 2n ** 31n - 1n);
  const number = value.startsWith(field.enumPrefix)
    ? ENUM_NAMES[field.enumPrefix]!.indexOf(value.slice(field.enumPrefix.length))
    : -1;
  return number < 0
    ? refuse(path, `a number or a name such as ${field.enumPrefix}${ENUM_NAMES[field.enumPrefix]![1]}`)
    : BigInt(number);
}
