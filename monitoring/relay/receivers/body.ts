import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, type ZlibOptions } from 'node:zlib';
import { Slots } from '../fan-out/slots.ts';
import { Refusal, senderGone, tooLarge, tooMany } from './refusal.ts';

const DECODERS: Record<string, ((body: Buffer, options: ZlibOptions) => Promise<Buffer>) | undefined> = {
  gzip: promisify(gunzip) as (body: Buffer, options: ZlibOptions) => Promise<Buffer>,
  deflate: promisify(inflate) as (body: Buffer, options: ZlibOptions) => Promise<Buffer>,
};

/** As many as Node's thread pool works on; more would only hold more memory. */
const DECOMPRESSED_AT_ONCE = 4;
const forever = new AbortController().signal;

/** Bytes of bodies that all requests together hold at one time, from their first chunk to their answer. */
export class BodyBudget {
  #left: number;
  /** What becomes of a compressed body is known when it is there, so only a few become something at one time. */
  readonly #slots = new Slots(DECOMPRESSED_AT_ONCE);

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** One request's share. */
  share(): BodyShare {
    let held = 0;
    return {
      take: (bytes) => {
        if (bytes > this.#left) return false;
        this.#left -= bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.#left += held;
        held = 0;
      },
      turn: async () => (await this.#slots.take(forever))!,
    };
  }
}

export interface BodyShare {
  take(bytes: number): boolean;
  release(): void;
  /** Waits until a body may be decompressed. @returns to be called afterwards */
  turn(): Promise<() => void>;
}

/**
 * Collects a body of at most `maxBytes` as sent; throws Refusal 413 as soon as it is known to be longer, 429 where all
 * bodies together would be too much.
 */
export function collectBody(request: IncomingMessage, maxBytes: number, share: BodyShare): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > maxBytes) return reject(tooLarge(maxBytes));
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (settle: () => void) => {
      request.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer) => {
      if (bytes + chunk.length > maxBytes) return end(() => reject(tooLarge(maxBytes)));
      if (!share.take(chunk.length)) return end(() => reject(tooMany()));
      bytes += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = () => end(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)));
    const onError = () => end(() => reject(senderGone()));
    const onClose = () => end(() => reject(senderGone()));
    request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

/**
 * Undoes Content-Encoding. Inflating stops at `maxBytes`, few bodies are inflated at one time, and what comes out counts
 * like what was sent: a bomb costs no more than an honest body, and a thousand bombs no more than a thousand bodies.
 */
export async function decompress(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
  share: BodyShare,
): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  const decode = DECODERS[encoding];
  if (!decode)
    throw new Refusal(415, `content encoding ${JSON.stringify(encoding)} is not supported: gzip, deflate or identity`);
  const done = await share.turn();
  try {
    const plain = await decode(body, { maxOutputLength: maxBytes });
    if (!share.take(plain.length)) throw tooMany();
    return plain;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new Refusal(400, `the body is not ${encoding}: ${(error as Error).message}`);
  } finally {
    done();
  }
}
