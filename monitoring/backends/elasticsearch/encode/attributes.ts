import { Buffer } from 'node:buffer';
import { emptyAttributes, readAnyValue, readAttribute } from '../../../otlp/decode-attributes.ts';
import { BYTES, FIXED64, ProtoReader, VARINT } from '../../../otlp/proto-reader.ts';
import { JsonBytes, literal } from './json-bytes.ts';

const CACHE_SIZE = 2_048;
const LONGEST_CACHED = 128;
/** Bytes of an attribute, and attributes of one key, that are kept. */
const LONGEST_KEPT = 120;
const MOST_KEPT = 256;
const COMMA = 0x2c;
const TRUE = literal('true');
const FALSE = literal('false');
const NULL = literal('null');
const OPEN = literal('"attributes":{');
const CLOSE = literal('},');

const STRING = (1 << 3) | BYTES;
const BOOL = (2 << 3) | VARINT;
const INT = (3 << 3) | VARINT;
const DOUBLE = (4 << 3) | FIXED64;

/** An attribute that has a field of its own, where its value is of this type; else it stays among the attributes. */
export interface Promoted {
  attribute: string;
  field: string;
  type: 'string' | 'int';
}

/** A key that was seen, with what it is written as. */
interface Key {
  bytes: Uint8Array;
  /** `"key":` */
  json: Uint8Array;
  /** Place in the list of promoted attributes, or -1. */
  promoted: number;
  /** Number of the item that had it last: finds a key that comes twice. */
  seenIn: number;
  /** How many of its values were kept: those of a key with many are not worth it. */
  kept: number;
  /** Where this object is not the only one that is written as this key: what it is written as. */
  shared: string | undefined;
}

/** A whole attribute that was seen, with what it is written as: most spans repeat most of their attributes. */
interface Known {
  bytes: Uint8Array;
  key: Key;
  /** `"key":value,`, or `"field":value,` of a promoted one. */
  json: Uint8Array;
}

/**
 * Writes the attributes of spans and logs straight from their protobuf bytes. Only what has a field of its own leaves
 * the object `attributes`, so that the number of fields in the mapping is fixed, whatever is sent.
 */
export class AttributeEncoder {
  readonly #promoted: readonly Promoted[];
  readonly #fields: readonly Uint8Array[];
  readonly #keys: (Key | undefined)[] = new Array(CACHE_SIZE).fill(undefined);
  readonly #known: (Known | undefined)[] = new Array(CACHE_SIZE).fill(undefined);
  /** Where the values of promoted attributes begin, by their place; 0 is nowhere. */
  readonly #found: Int32Array;
  readonly #foundEnds: Int32Array;
  /** Those of them that are written already. */
  readonly #foundJson: (Uint8Array | undefined)[];
  #item = 0;
  /** Shared keys that this item has. */
  readonly #sharedSeen = new Set<string>();
  #hasPromoted = false;

  constructor(promoted: readonly Promoted[]) {
    this.#promoted = promoted;
    this.#fields = promoted.map(({ field }) => literal(`${JSON.stringify(field)}:`));
    this.#found = new Int32Array(promoted.length);
    this.#foundEnds = new Int32Array(promoted.length);
    this.#foundJson = promoted.map(() => undefined);
  }

  /**
   * Writes `"attributes":{…},` where there are any, then the promoted ones, each with a comma after it.
   * @param places where each KeyValue's length stands, before its content
   * @param end of the item
   */
  write(reader: ProtoReader, places: Int32Array, count: number, end: number, out: JsonBytes): void {
    this.#item++;
    if (this.#sharedSeen.size > 0) this.#sharedSeen.clear();
    if (this.#hasPromoted) {
      this.#found.fill(0);
      this.#hasPromoted = false;
    }
    if (count === 0) return;
    const begin = out.length;
    out.put(OPEN);
    for (let index = 0; index < count; index++) {
      if (this.#attribute(reader, places[index]!, end, out)) continue;
      out.length = begin;
      this.#writeWithoutRepeats(reader, places, count, end, out);
      return;
    }
    this.#close(begin, out);
    if (this.#hasPromoted) this.#writePromoted(reader, out);
  }

  /** JSON must not have a key twice; the last one counts. */
  #writeWithoutRepeats(reader: ProtoReader, places: Int32Array, count: number, end: number, out: JsonBytes): void {
    const last = new Map<string, number>();
    for (let index = 0; index < count; index++) {
      const attribute = emptyAttributes();
      reader.pos = places[index]!;
      reader.end = end;
      readAttribute(reader, attribute);
      last.set(Object.keys(attribute)[0]!, places[index]!);
    }
    const kept = Int32Array.from(last.values());
    this.write(reader, kept, kept.length, end, out);
  }

  #close(begin: number, out: JsonBytes): void {
    if (out.length === begin + OPEN.length) out.length = begin;
    else {
      // The last comma gives way.
      out.length--;
      out.put(CLOSE);
    }
  }

  /** @returns false when this item had the key already */
  #attribute(reader: ProtoReader, place: number, itemEnd: number, out: JsonBytes): boolean {
    const { bytes } = reader;
    reader.pos = place;
    reader.end = itemEnd;
    const end = reader.lengthEnd();
    const start = reader.pos;
    const slot = slotOf(bytes, start, end);
    const known = this.#known[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) {
      const { key } = known;
      if (this.#isRepeated(key)) return false;
      if (key.promoted >= 0) {
        const valueStart = start + 2 + key.bytes.length + 2;
        this.#promote(key.promoted, valueStart, end, known.json);
      } else out.put(known.json);
      return true;
    }
    return this.#newAttribute(reader, start, end, slot, out);
  }

  #isRepeated(key: Key): boolean {
    if (key.seenIn === this.#item) return true;
    key.seenIn = this.#item;
    if (key.shared === undefined) return false;
    if (this.#sharedSeen.has(key.shared)) return true;
    this.#sharedSeen.add(key.shared);
    return false;
  }

  #newAttribute(reader: ProtoReader, start: number, end: number, slot: number, out: JsonBytes): boolean {
    const { bytes } = reader;
    reader.end = end;
    let keyStart = end;
    let keyEnd = end;
    let valueStart = end;
    let valueEnd = end;
    while (reader.pos < end) {
      const tag = reader.varint32();
      if (tag === STRING) {
        keyEnd = reader.lengthEnd();
        keyStart = reader.pos;
        reader.pos = keyEnd;
      } else if (tag === ((2 << 3) | BYTES)) {
        valueEnd = reader.lengthEnd();
        valueStart = reader.pos;
        reader.pos = valueEnd;
      } else reader.skip(tag & 7);
    }
    const key = this.#key(bytes, keyStart, keyEnd);
    if (this.#isRepeated(key)) return false;
    const promoted = key.promoted >= 0 && valueStart < valueEnd && this.#fits(bytes[valueStart]!, key.promoted);
    if (promoted) this.#promote(key.promoted, valueStart, valueEnd, undefined);
    else {
      out.put(key.json);
      writeValue(reader, valueStart, valueEnd, out);
      out.byte(COMMA);
    }
    // A promoted key with another type of value is written both ways, and its bytes tell which; so it is not kept.
    const isUsual = keyStart === start + 2 && valueStart === keyEnd + 2 && valueEnd === end;
    const isKept = isUsual && end - start <= LONGEST_KEPT && key.kept < MOST_KEPT && promoted === key.promoted >= 0;
    if (isKept) this.#keep(reader, key, start, valueStart, end, slot);
    return true;
  }

  /** Only of the usual form, key before value with lengths of one byte, so that a place inside is known without a look. */
  #keep(reader: ProtoReader, key: Key, start: number, valueStart: number, end: number, slot: number): void {
    key.kept++;
    const json = new JsonBytes((end - start) * 6 + 64);
    json.put(key.promoted >= 0 ? this.#fields[key.promoted]! : key.json);
    writeValue(reader, valueStart, end, json);
    json.byte(COMMA);
    this.#known[slot] = {
      bytes: new Uint8Array(reader.bytes.subarray(start, end)),
      key,
      json: new Uint8Array(json.bytes.subarray(0, json.length)),
    };
  }

  #promote(place: number, start: number, end: number, json: Uint8Array | undefined): void {
    this.#found[place] = start;
    this.#foundEnds[place] = end;
    this.#foundJson[place] = json;
    this.#hasPromoted = true;
  }

  #fits(tag: number, promoted: number): boolean {
    return tag === (this.#promoted[promoted]!.type === 'string' ? STRING : INT);
  }

  #writePromoted(reader: ProtoReader, out: JsonBytes): void {
    for (let index = 0; index < this.#fields.length; index++) {
      const start = this.#found[index]!;
      if (start === 0) continue;
      const json = this.#foundJson[index];
      if (json !== undefined) {
        out.put(json);
        continue;
      }
      out.put(this.#fields[index]!);
      writeValue(reader, start, this.#foundEnds[index]!, out);
      out.byte(COMMA);
    }
  }

  /** The integer value of a promoted attribute of the last item; undefined when it has none. */
  promotedInteger(reader: ProtoReader, place: number): number | undefined {
    if (!this.#hasPromoted) return undefined;
    const start = this.#found[place]!;
    if (start === 0) return undefined;
    reader.pos = start + 1;
    reader.end = this.#foundEnds[place]!;
    const value = reader.int64();
    return typeof value === 'number' ? value : undefined;
  }

  #key(bytes: Uint8Array, start: number, end: number): Key {
    const length = end - start;
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    const slot = (hash ^ (hash >>> 11)) & (CACHE_SIZE - 1);
    const cached = this.#keys[slot];
    if (cached !== undefined && cached.bytes.length === length) {
      const known = cached.bytes;
      let at = 0;
      while (at < length && known[at] === bytes[start + at]) at++;
      if (at === length) return cached;
    }
    const own = bytes.slice(start, end);
    const text = new TextDecoder().decode(own);
    const key: Key = {
      bytes: own,
      json: literal(`${JSON.stringify(text)}:`),
      promoted: this.#promoted.findIndex(({ attribute }) => attribute === text),
      seenIn: 0,
      kept: 0,
      shared: undefined,
    };
    // Of two keys of one item that share a slot, the second takes the first one's place, and the first one could come
    // again unseen. So a slot that this item used is left alone.
    const isCached = length <= LONGEST_CACHED && cached?.seenIn !== this.#item;
    if (isCached) this.#keys[slot] = key;
    // The one that gives way may live on in whole attributes. Bytes that are no UTF-8 all become the same character.
    if (cached !== undefined) cached.shared ??= new TextDecoder().decode(cached.bytes);
    if (!isCached || cached !== undefined || text.includes('\ufffd')) key.shared = text;
    return key;
  }
}

/** A few bytes tell most attributes apart: keys differ in their middle, values at their end. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 8) return length;
  let hash = length;
  hash = Math.imul(hash, 31) + bytes[end - 1]!;
  hash = Math.imul(hash, 31) + bytes[end - 2]!;
  hash = Math.imul(hash, 31) + bytes[end - 3]!;
  hash = Math.imul(hash, 31) + bytes[start + 4]!;
  hash = Math.imul(hash, 31) + bytes[start + (length >>> 1)]!;
  hash = Math.imul(hash, 31) + bytes[start + (length >>> 2)]!;
  return (hash ^ (hash >>> 13)) & (CACHE_SIZE - 1);
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let index = length - 1; index >= 0; index--) if (known[index] !== bytes[start + index]) return false;
  return true;
}

/** An AnyValue whose content lies in the range, as JSON. */
export function writeValue(reader: ProtoReader, start: number, end: number, out: JsonBytes): void {
  if (start >= end) {
    out.put(NULL);
    return;
  }
  const { bytes } = reader;
  reader.pos = start;
  reader.end = end;
  const tag = bytes[start]!;
  if (tag === STRING) {
    reader.pos++;
    const valueEnd = reader.lengthEnd();
    // A oneof that comes twice takes its last value; only the general reader knows.
    if (valueEnd === end) {
      out.text(bytes, reader.pos, valueEnd);
      return;
    }
  } else if (tag === INT) {
    reader.pos++;
    const value = reader.int64();
    if (reader.pos === end) {
      if (typeof value === 'number') out.integer(value);
      else out.value(value);
      return;
    }
  } else if (tag === BOOL && end - start === 2) {
    out.put(bytes[start + 1] === 0 ? FALSE : TRUE);
    return;
  } else if (tag === DOUBLE && end - start === 9) {
    reader.pos++;
    out.value(reader.double());
    return;
  }
  out.value(readWhole(reader, start, end));
}

/** `readAnyValue` wants the length before the content. */
function readWhole(reader: ProtoReader, start: number, end: number): unknown {
  const length: number[] = [];
  let rest = end - start;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  return readAnyValue(new ProtoReader(Buffer.concat([Buffer.from(length), reader.bytes.subarray(start, end)])));
}
