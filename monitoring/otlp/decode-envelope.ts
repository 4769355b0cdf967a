import type { Attributes } from '../telemetry.ts';
import { emptyAttributes, readAttribute } from './decode-attributes.ts';
import { BYTES, ProtoReader } from './proto-reader.ts';

/** Reads a length-prefixed message, calling `field` for every tag; `field` returns false to have it skipped. */
export function readMessage(reader: ProtoReader, field: (tag: number) => boolean): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (!field(tag)) reader.skip(tag & 7);
  }
  reader.end = outer;
}

/**
 * Walks the envelope that all three export requests share: request → resource_x (1) → resource (1), scope_x (2) →
 * scope (1), item (2). `item` is called with the reader before the item's length.
 */
export function readEnvelope(
  bytes: Uint8Array,
  item: (reader: ProtoReader, resource: Attributes, scopeName: string) => void,
): void {
  const reader = new ProtoReader(bytes);
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) readResourceGroup(reader, item);
    else reader.skip(tag & 7);
  }
}

function readResourceGroup(
  reader: ProtoReader,
  item: (reader: ProtoReader, resource: Attributes, scopeName: string) => void,
): void {
  const resource = emptyAttributes();
  const start = reader.pos;
  // Protobuf lets fields come in any order, so what describes the items is read before them.
  readMessage(reader, (tag) => {
    if (tag !== ((1 << 3) | BYTES)) return false;
    readMessage(reader, (inner) => {
      if (inner !== ((1 << 3) | BYTES)) return false;
      readAttribute(reader, resource);
      return true;
    });
    return true;
  });
  reader.pos = start;
  readMessage(reader, (tag) => {
    if (tag !== ((2 << 3) | BYTES)) return false;
    const scopeStart = reader.pos;
    let scopeName = '';
    readMessage(reader, (inner) => {
      if (inner !== ((1 << 3) | BYTES)) return false;
      scopeName = readScopeName(reader);
      return true;
    });
    reader.pos = scopeStart;
    readMessage(reader, (inner) => {
      if (inner !== ((2 << 3) | BYTES)) return false;
      item(reader, resource, scopeName);
      return true;
    });
    return true;
  });
}

function readScopeName(reader: ProtoReader): string {
  let name = '';
  readMessage(reader, (tag) => {
    if (tag !== ((1 << 3) | BYTES)) return false;
    name = reader.string();
    return true;
  });
  return name;
}
