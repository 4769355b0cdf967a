import type { InstrumentationScope } from '@opentelemetry/core';
import { encodeAttributes } from '../protobuf/attributes.ts';
import { ProtobufWriter } from '../protobuf/writer.ts';
import type { Signal } from './counters.ts';
import type { Parcel } from './outbox.ts';

/** A batch leaves when it has grown to this, or at the next tick of the clock. */
export const BATCH_BYTES = 256 * 1024;

/** Most messages stay below it, so that a buffer does not grow past its batch. */
const HEADROOM_BYTES = 16 * 1024;
const SPARE_BUFFERS = 8;

/** Items of one instrumentation scope, encoded as they come. */
export interface Lane {
  writer: ProtobufWriter;
  items: number;
}

/**
 * Spans or log records on their way into one export request. Both protocols nest alike:
 * request { 1: { 1: resource, 2: { 1: scope, 2: item… } } }. Items are written when they come; the frame around them,
 * whose lengths are known only at the end, goes out as a chunk of its own in front.
 */
export class Batch {
  readonly #signal: Signal;
  readonly #resource: Buffer;
  readonly #lanes = new Map<string, Lane & { scope: Buffer }>();
  readonly #spare: Buffer[] = [];

  /** `resource` is the body of an opentelemetry/proto/resource/v1 `Resource`. */
  constructor(signal: Signal, resource: Buffer) {
    this.#signal = signal;
    this.#resource = resource;
  }

  /** The lane of a scope; the same until the batch is sealed, so ask for it again after that. */
  lane(scope: InstrumentationScope): Lane {
    const key = `${scope.name}\n${scope.version ?? ''}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { writer: this.#newWriter(), items: 0, scope: encodeScope(scope) };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  get items(): number {
    let items = 0;
    for (const lane of this.#lanes.values()) items += lane.items;
    return items;
  }

  /** Takes everything out as one export request; undefined when there is nothing. */
  seal(): Parcel | undefined {
    const body: Buffer[] = [];
    const used: Buffer[] = [];
    let items = 0;
    let sizeBytes = 0;
    for (const lane of this.#lanes.values()) {
      if (lane.items === 0) continue;
      const content = this.#takeContent(lane, used);
      const frame = encodeFrame(this.#resource, lane.scope, content.length);
      body.push(frame, content);
      sizeBytes += frame.length + content.length;
      items += lane.items;
      lane.items = 0;
    }
    if (items === 0) return undefined;
    return { signal: this.#signal, items, sizeBytes, body, release: () => this.#recycle(used) };
  }

  /** A full buffer goes out itself; a few items are copied, lest each waiting parcel hold a whole buffer. */
  #takeContent(lane: Lane, used: Buffer[]): Buffer {
    const { writer } = lane;
    if (writer.position * 2 < writer.bytes.length) {
      const content = writer.finish();
      writer.position = 0;
      return content;
    }
    used.push(writer.bytes);
    lane.writer = this.#newWriter();
    return writer.bytes.subarray(0, writer.position);
  }

  #newWriter(): ProtobufWriter {
    const writer = new ProtobufWriter(0);
    writer.bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(BATCH_BYTES + HEADROOM_BYTES);
    return writer;
  }

  #recycle(buffers: Buffer[]): void {
    for (const buffer of buffers) {
      // One that a huge item made grow is not worth keeping.
      const ordinary = buffer.length === BATCH_BYTES + HEADROOM_BYTES;
      if (ordinary && this.#spare.length < SPARE_BUFFERS) this.#spare.push(buffer);
    }
  }
}

/** The body of a `Resource` message. */
export function encodeResource(attributes: Readonly<Record<string, unknown>>): Buffer {
  return encodeAttributes(0x0a, attributes);
}

function encodeScope(scope: InstrumentationScope): Buffer {
  const writer = new ProtobufWriter(128);
  writer.byte(0x0a);
  const open = writer.open();
  writer.byte(0x0a);
  writer.string(scope.name);
  if (scope.version) {
    writer.byte(0x12);
    writer.string(scope.version);
  }
  writer.close(open);
  return writer.finish();
}

function encodeFrame(resource: Buffer, scope: Buffer, contentBytes: number): Buffer {
  const inner = new ProtobufWriter(16);
  inner.byte(0x12);
  inner.varint32(scope.length + contentBytes);

  const outer = new ProtobufWriter(resource.length + scope.length + 32);
  const resourceField = new ProtobufWriter(resource.length + 8);
  resourceField.byte(0x0a);
  resourceField.varint32(resource.length);
  resourceField.raw(resource);
  outer.byte(0x0a);
  outer.varint32(resourceField.position + inner.position + scope.length + contentBytes);
  outer.raw(resourceField.bytes.subarray(0, resourceField.position));
  outer.raw(inner.bytes.subarray(0, inner.position));
  outer.raw(scope);
  return outer.finish();
}
