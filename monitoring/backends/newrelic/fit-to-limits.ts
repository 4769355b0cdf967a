import { Buffer } from 'node:buffer';
import type { Signal } from '../../exporter.ts';
import { BYTES, ProtoReader } from '../../otlp/proto-reader.ts';
import { varint } from '../../otlp/proto-writer.ts';
import { type Message, REQUESTS } from '../../otlp/schema.ts';
import { LIMITS } from './limits.ts';

export interface Cuts {
  /** Values made shorter: texts and arrays. */
  values: number;
  /** Attributes left out: their names were too long, or there were too many of them. */
  attributes: number;
}

/** Ends a text that was cut, so that one sees it. */
const CUT = '…';
/** Messages whose attributes are counted together. */
const ITEMS = new Set([
  'Span',
  'LogRecord',
  'Resource',
  'NumberDataPoint',
  'HistogramDataPoint',
  'ExponentialHistogramDataPoint',
  'SummaryDataPoint',
]);

/**
 * Cuts what is above New Relic's limits for attributes out of an export request, whose other bytes stay as they are.
 * @param cuts is added to
 * @returns the same array where nothing is above the limits
 * @throws OtlpDecodeError when the bytes are not such a request
 */
export function fitToLimits(signal: Signal, bytes: Uint8Array, cuts: Cuts): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fitted = fitMessage(REQUESTS[signal], buffer, cuts);
  return fitted === buffer ? bytes : fitted;
}

function fitMessage(type: Message, bytes: Buffer, cuts: Cuts): Buffer {
  const reader = new ProtoReader(bytes);
  const parts: Buffer[] = [];
  let copied = 0;
  let attributes = 0;
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.tag();
    const field = type.byNumber[tag >>> 3];
    if ((tag & 7) !== BYTES || field?.message === undefined) {
      reader.skip(tag & 7);
      continue;
    }
    const end = reader.lengthEnd();
    const content = bytes.subarray(reader.pos, end);
    reader.pos = end;
    const isAttribute = field.message.name === 'KeyValue' && field.name === 'attributes';
    let fitted: Buffer | undefined;
    if (!isAttribute) fitted = fitMessage(field.message, content, cuts);
    else if (!ITEMS.has(type.name) || ++attributes <= LIMITS.attributesPerItem) fitted = fitAttribute(content, cuts);
    else cuts.attributes++;
    if (fitted === content) continue;
    parts.push(bytes.subarray(copied, start));
    if (fitted) parts.push(delimited(tag, fitted));
    copied = end;
  }
  if (copied === 0 && parts.length === 0) return bytes;
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

/** KeyValue: key (1), value (2). @returns undefined when it has to go */
function fitAttribute(bytes: Buffer, cuts: Cuts): Buffer | undefined {
  const reader = new ProtoReader(bytes);
  const parts: Buffer[] = [];
  let copied = 0;
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.tag();
    if ((tag & 7) !== BYTES) {
      reader.skip(tag & 7);
      continue;
    }
    const end = reader.lengthEnd();
    const content = bytes.subarray(reader.pos, end);
    reader.pos = end;
    if (tag === ((1 << 3) | BYTES)) {
      if (isLonger(content, LIMITS.attributeName)) {
        cuts.attributes++;
        return undefined;
      }
    } else if (tag === ((2 << 3) | BYTES)) {
      const fitted = fitValue(content, cuts);
      if (fitted === content) continue;
      parts.push(bytes.subarray(copied, start), delimited(tag, fitted));
      copied = end;
    }
  }
  if (copied === 0) return bytes;
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

/** AnyValue: a text (1) or an array (5) can be too long. */
function fitValue(bytes: Buffer, cuts: Cuts): Buffer {
  const reader = new ProtoReader(bytes);
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag !== ((1 << 3) | BYTES) && tag !== ((5 << 3) | BYTES)) {
      reader.skip(tag & 7);
      continue;
    }
    const end = reader.lengthEnd();
    const content = bytes.subarray(reader.pos, end);
    reader.pos = end;
    const fitted = tag === ((1 << 3) | BYTES) ? fitText(content) : fitArray(content, cuts);
    if (fitted === content) continue;
    cuts.values++;
    return delimited(tag, fitted);
  }
  return bytes;
}

function fitText(bytes: Buffer): Buffer {
  if (!isLonger(bytes, LIMITS.attributeValue)) return bytes;
  const text = bytes.toString('utf8').slice(0, LIMITS.attributeValue - CUT.length);
  // A character outside the basic plane takes two units: half of one is left out.
  const last = text.charCodeAt(text.length - 1);
  return Buffer.from((last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text) + CUT);
}

function fitArray(bytes: Buffer, cuts: Cuts): Buffer {
  const reader = new ProtoReader(bytes);
  const entries: Buffer[] = [];
  let isChanged = false;
  let all = 0;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag !== ((1 << 3) | BYTES)) {
      reader.skip(tag & 7);
      continue;
    }
    const end = reader.lengthEnd();
    const content = bytes.subarray(reader.pos, end);
    reader.pos = end;
    if (++all > LIMITS.arrayEntries) {
      isChanged = true;
      continue;
    }
    const fitted = fitValue(content, cuts);
    isChanged ||= fitted !== content;
    entries.push(delimited(tag, fitted));
  }
  return isChanged ? Buffer.concat(entries) : bytes;
}

/** Characters are at most as many as bytes, so that most need no counting. */
function isLonger(bytes: Buffer, characters: number): boolean {
  return bytes.length > characters && bytes.toString('utf8').length > characters;
}

function delimited(tag: number, content: Buffer): Buffer {
  return Buffer.concat([varint(tag), varint(content.length), content]);
}
