import { Buffer } from 'node:buffer';
import type { Signal } from '../../exporter.ts';
import { BYTES, ProtoReader } from '../../otlp/proto-reader.ts';
import { varint } from '../../otlp/proto-writer.ts';
import { type Message, REQUESTS } from '../../otlp/schema.ts';
import type { Matcher } from './glob.ts';
import { redactJson } from './redact-json.ts';

/** AnyValue with the string `[redacted]`, as field 2 of a KeyValue. */
const REDACTED = Buffer.concat([Buffer.from([0x12, 12, 0x0a, 10]), Buffer.from('[redacted]')]);

/**
 * Replaces the values of matching attributes wherever the protocol has any: resource, scope, span, event, link, log,
 * data point, exemplar. A key inside a value that is a map matches by itself and by its path, `user.email`; so do keys of
 * a log's body, also where that is the text of a JSON object. What does not match stays byte for byte.
 * @returns the same array where nothing matches
 * @throws OtlpDecodeError
 */
export function redactOtlp(signal: Signal, bytes: Uint8Array, matches: Matcher): Uint8Array {
  const reader = new ProtoReader(bytes);
  return redactMessage(reader, REQUESTS[signal], '', matches) ?? bytes;
}

/** @returns the new content of the message that the reader is bounded to; undefined where it stays as it is */
function redactMessage(reader: ProtoReader, type: Message, path: string, matches: Matcher): Buffer | undefined {
  if (type.name === 'KeyValue') return redactKeyValue(reader, type, path, matches);
  // Values outside of a KeyValue are bodies of logs.
  return (
    (type.name === 'AnyValue' && path === '' && redactText(reader, matches)) ||
    redactFields(reader, type, path, matches)
  );
}

/** @returns undefined where the AnyValue is no text, or one that stays as it is; the reader then stands where it stood */
function redactText(reader: ProtoReader, matches: Matcher): Buffer | undefined {
  const start = reader.pos;
  let text: string | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) text = reader.string();
    else reader.skip(tag & 7);
  }
  reader.pos = start;
  const redacted = text === undefined ? undefined : redactJson(text, matches);
  if (redacted === undefined) return undefined;
  const written = Buffer.from(redacted);
  return Buffer.concat([Buffer.from([0x0a]), varint(written.length), written]);
}

function redactFields(reader: ProtoReader, type: Message, path: string, matches: Matcher): Buffer | undefined {
  const { end } = reader;
  const parts: Buffer[] = [];
  let copied = reader.pos;
  while (reader.pos < end) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    const inner = (tag & 7) === BYTES ? type.byNumber[tag >>> 3]?.message : undefined;
    if (!inner || !mayHoldAttributes(inner)) {
      reader.skip(tag & 7);
      continue;
    }
    const contentEnd = reader.lengthEnd();
    reader.end = contentEnd;
    const content = redactMessage(reader, inner, path, matches);
    reader.end = end;
    reader.pos = contentEnd;
    if (!content) continue;
    parts.push(reader.bytes.subarray(copied, tagAt), varint(tag), varint(content.length), content);
    copied = contentEnd;
  }
  if (parts.length === 0) return undefined;
  parts.push(reader.bytes.subarray(copied, end));
  return Buffer.concat(parts);
}

function redactKeyValue(reader: ProtoReader, type: Message, path: string, matches: Matcher): Buffer | undefined {
  const start = reader.pos;
  const key = readKey(reader);
  const whole = path === '' ? key : `${path}.${key}`;
  reader.pos = start;
  if (!matches(key) && !(path !== '' && matches(whole))) return redactFields(reader, type, whole, matches);
  const written = Buffer.from(key);
  const redacted = Buffer.concat([Buffer.from([0x0a]), varint(written.length), written, REDACTED]);
  return redacted.equals(reader.bytes.subarray(start, reader.end)) ? undefined : redacted;
}

function readKey(reader: ProtoReader): string {
  let key = '';
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) key = reader.string();
    else reader.skip(tag & 7);
  }
  return key;
}

const holders = new Map<Message, boolean>();

function mayHoldAttributes(type: Message): boolean {
  const known = holders.get(type);
  if (known !== undefined) return known;
  if (type.name === 'KeyValue' || type.name === 'AnyValue') return true;
  // A type that leads back to itself holds no more than it is found to hold elsewhere.
  holders.set(type, false);
  const holds = type.byNumber.some((field) => field?.message !== undefined && mayHoldAttributes(field.message));
  holders.set(type, holds);
  return holds;
}
