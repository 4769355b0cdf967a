import { Buffer } from 'node:buffer';
import type { Signal } from '../exporter.ts';
import { BYTES, ProtoReader } from '../otlp/proto-reader.ts';
import { varint } from '../otlp/proto-writer.ts';

/** Field numbers from the request down to its items; the rest of each message is told in both halves. */
const PATHS: Record<Signal, readonly (readonly number[])[]> = {
  traces: [[1], [2], [2]],
  logs: [[1], [2], [2]],
  // A metric's points lie in its gauge, sum, histogram, exponential histogram or summary.
  metrics: [[1], [2], [2], [5, 7, 9, 10, 11], [1]],
};

/**
 * Cuts an export request into two of about the same size without decoding its items; resource, scope and metric are told
 * in both.
 * @returns undefined when it holds fewer than two items
 * @throws OtlpDecodeError when the bytes are not such a request
 */
export function halve(signal: Signal, bytes: Uint8Array): [Uint8Array, Uint8Array] | undefined {
  return halveMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), PATHS[signal]);
}

/** Whether the outermost fields end where the bytes end: such requests can be joined by putting them side by side. */
export function isWhole(bytes: Uint8Array): boolean {
  const reader = new ProtoReader(bytes);
  try {
    while (reader.pos < reader.end) reader.skip(reader.tag() & 7);
    return true;
  } catch {
    return false;
  }
}

function halveMessage(bytes: Buffer, path: readonly (readonly number[])[]): [Buffer, Buffer] | undefined {
  const [numbers, ...deeper] = path;
  if (numbers === undefined) return undefined;
  const rest: Buffer[] = [];
  const children: { number: number; whole: Buffer; content: Buffer }[] = [];
  const reader = new ProtoReader(bytes);
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.tag();
    if ((tag & 7) === BYTES && numbers.includes(tag >>> 3)) {
      const end = reader.lengthEnd();
      children.push({
        number: tag >>> 3,
        whole: bytes.subarray(start, end),
        content: bytes.subarray(reader.pos, end),
      });
      reader.pos = end;
    } else {
      reader.skip(tag & 7);
      rest.push(bytes.subarray(start, reader.pos));
    }
  }
  if (children.length === 1) {
    const { number, content } = children[0]!;
    const halves = halveMessage(content, deeper);
    return halves && [wrap(rest, number, halves[0]), wrap(rest, number, halves[1])];
  }
  if (children.length === 0) return undefined;
  const total = children.reduce((sum, { whole }) => sum + whole.length, 0);
  let cut = 1;
  for (let seen = children[0]!.whole.length; cut < children.length - 1; cut++) {
    seen += children[cut]!.whole.length;
    if (seen > total / 2) break;
  }
  const part = (from: number, to?: number) =>
    Buffer.concat([...rest, ...children.slice(from, to).map(({ whole }) => whole)]);
  return [part(0, cut), part(cut)];
}

function wrap(rest: Buffer[], number: number, content: Buffer): Buffer {
  return Buffer.concat([...rest, varint((number << 3) | BYTES), varint(content.length), content]);
}
