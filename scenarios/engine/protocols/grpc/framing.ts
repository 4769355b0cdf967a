import { gunzipSync } from 'node:zlib';

/** Length-prefixed messages (grpc/doc/PROTOCOL-HTTP2.md): a byte that says whether it is compressed, four of length. */
const PREFIX_BYTES = 5;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

export type FramingProblem =
  | { readonly kind: 'too_large' | 'too_many' }
  | { readonly kind: 'invalid'; readonly message: string };

/** Cuts a stream of bytes into messages, bounded in bytes and number. */
export class Deframer {
  readonly messages: Buffer[] = [];
  readonly #limitBytes: number;
  readonly #mostMessages: number;
  #chunks: Buffer[] = [];
  #pendingBytes = 0;
  #totalBytes = 0;

  /** @param limitBytes of all messages together, compressed and not */
  constructor(limitBytes: number, mostMessages: number) {
    this.#limitBytes = limitBytes;
    this.#mostMessages = mostMessages;
  }

  /** Bytes of a message that is not complete. */
  get rest(): number {
    return this.#pendingBytes;
  }

  /** @param encoding of `grpc-encoding` */
  take(chunk: Buffer, encoding: string): FramingProblem | null {
    this.#chunks.push(chunk);
    this.#pendingBytes += chunk.length;
    for (;;) {
      if (this.#pendingBytes < PREFIX_BYTES) return null;
      const head = this.#peek(PREFIX_BYTES);
      const length = head.readUInt32BE(1);
      if (head[0]! > 1) return { kind: 'invalid', message: 'a message has an unknown flag' };
      if (this.#totalBytes + length > this.#limitBytes) return { kind: 'too_large' };
      if (this.#pendingBytes < PREFIX_BYTES + length) return null;
      const body = this.#cut(PREFIX_BYTES + length).subarray(PREFIX_BYTES);
      const problem = this.#keep(body, head[0] === 1, encoding);
      if (problem) return problem;
    }
  }

  #keep(body: Buffer, compressed: boolean, encoding: string): FramingProblem | null {
    if (this.messages.length >= this.#mostMessages) return { kind: 'too_many' };
    let message = body;
    if (compressed) {
      if (encoding !== 'gzip') return { kind: 'invalid', message: `a message is compressed by ${encoding}` };
      try {
        message = gunzipSync(body, { maxOutputLength: Math.max(1, this.#limitBytes - this.#totalBytes) });
      } catch (error) {
        if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
        return { kind: 'invalid', message: 'a compressed message cannot be undone' };
      }
    }
    this.#totalBytes += Math.max(message.length, body.length);
    this.messages.push(message);
    return null;
  }

  #peek(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!.subarray(0, length);
  }

  #cut(length: number): Buffer {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#pendingBytes -= length;
    this.#chunks = this.#pendingBytes === 0 ? [] : [bytes.subarray(length)];
    return bytes.subarray(0, length);
  }
}
