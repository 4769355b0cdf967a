import type { Attributes } from '../telemetry.ts';
import { writeAttributes, writeText } from './encode-attributes.ts';
import { BYTES } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

/**
 * Writes the envelope that all three export requests share around `items`, in their order: neighbours that share one
 * resource object and a scope share the messages that hold them.
 * @param next writes what starts at `index` as field 2 of its scope; returns the index after it
 */
export function writeEnvelope<Item extends { resource: Attributes; scopeName?: string }>(
  items: readonly Item[],
  next: (writer: ProtoWriter, index: number, end: number) => number,
): Uint8Array {
  const writer = new ProtoWriter();
  for (let start = 0; start < items.length; ) {
    const { resource } = items[start]!;
    const end = runEnd(items, start, items.length, (item) => item.resource === resource);
    writer.varint((1 << 3) | BYTES);
    writer.delimited(() => {
      writer.varint((1 << 3) | BYTES);
      writer.delimited(() => writeAttributes(writer, 1, resource));
      for (let index = start; index < end; ) index = writeScope(writer, items, index, end, next);
    });
    start = end;
  }
  return writer.finish();
}

function writeScope<Item extends { scopeName?: string }>(
  writer: ProtoWriter,
  items: readonly Item[],
  start: number,
  limit: number,
  next: (writer: ProtoWriter, index: number, end: number) => number,
): number {
  const { scopeName } = items[start]!;
  const end = runEnd(items, start, limit, (item) => item.scopeName === scopeName);
  writer.varint((2 << 3) | BYTES);
  writer.delimited(() => {
    if (scopeName) {
      writer.varint((1 << 3) | BYTES);
      writer.delimited(() => writeText(writer, 1, scopeName));
    }
    for (let index = start; index < end; ) index = next(writer, index, end);
  });
  return end;
}

/** Index after the last neighbour of `start` that belongs with it. */
export function runEnd<Item>(
  items: readonly Item[],
  start: number,
  limit: number,
  belongs: (item: Item) => boolean,
): number {
  let end = start + 1;
  while (end < limit && belongs(items[end]!)) end++;
  return end;
}
