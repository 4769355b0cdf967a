import { Buffer } from 'node:buffer';
import type { ServerHttp2Stream } from 'node:http2';
import type { BodyShare } from './body.ts';
import { Refusal, senderGone, tooLarge, tooMany } from './refusal.ts';

/** Compressed flag and length. */
const PREFIX_BYTES = 5;

export interface GrpcMessage {
  isCompressed: boolean;
  bytes: Buffer;
}

/**
 * Collects the one message of a unary call, however the frames cut it. Throws Refusal 413 as soon as its prefix says it
 * is longer than `maxBytes`, 429 where all bodies together would be too much, 400 for none, a part of one, or more.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function collectMessage(stream: ServerHttp2Stream, maxBytes: number, share: BodyShare): Promise<GrpcMessage> {
  return new Promise((resolve, reject) => {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    const chunks: Buffer[] = [];
    let seen = 0;
    let expected = Number.POSITIVE_INFINITY;
    const end = (settle: () => void) => {
      stream.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const refuse = (refusal: Refusal) => end(() => reject(refusal));
    const onData = (chunk: Buffer) => {
      if (seen < PREFIX_BYTES) {
        chunk.copy(prefix, seen, 0, PREFIX_BYTES - seen);
        if (seen + chunk.length >= PREFIX_BYTES) {
          if (prefix[0]! > 1) return refuse(new Refusal(400, 'the message prefix is not that of gRPC'));
          const length = prefix.readUInt32BE(1);
          if (length > maxBytes) return refuse(tooLarge(maxBytes));
          expected = PREFIX_BYTES + length;
        }
        chunks.push(chunk.subarray(Math.min(chunk.length, PREFIX_BYTES - seen)));
      } else chunks.push(chunk);
      seen += chunk.length;
      if (seen > expected) return refuse(new Refusal(400, 'a call has one message'));
      if (!share.take(chunk.length)) refuse(tooMany());
    };
    const onEnd = () => {
      if (seen !== expected) return refuse(new Refusal(400, 'the message ends before its length'));
      end(() => resolve({ isCompressed: prefix[0] === 1, bytes: Buffer.concat(chunks) }));
    };
    const onGone = () => refuse(senderGone());
    stream.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** A message as it goes out, never compressed. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX_BYTES);
  return frame;
}
