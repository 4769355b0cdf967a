import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type Decoded = { bytes: Buffer } | { problem: 'too_large' | 'unknown' | 'broken'; coding: string };

type Inflate = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const CODINGS: Record<string, Inflate> = {
  gzip: promisify(gunzip) as Inflate,
  'x-gzip': promisify(gunzip) as Inflate,
  br: promisify(brotliDecompress) as Inflate,
  zstd: promisify(zstdDecompress) as Inflate,
  // Some servers send raw deflate under the name of the zlib format (RFC 9110 §8.4.1.2).
  deflate: async (bytes, options) =>
    ((bytes[0] ?? 0) & 0x0f) === 8
      ? (promisify(inflate) as Inflate)(bytes, options)
      : (promisify(inflateRaw) as Inflate)(bytes, options),
};

const MOST_CODINGS = 3;

/**
 * Undoes Content-Encoding (RFC 9110 §8.4), last coding first.
 * @param limitBytes of every intermediate result, so that a compressed bomb stops early
 */
export async function decodeBody(bytes: Buffer, contentEncoding: string, limitBytes: number): Promise<Decoded> {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  if (codings.length > MOST_CODINGS) return { problem: 'unknown', coding: contentEncoding };
  let decoded = bytes;
  for (const coding of codings.reverse()) {
    if (coding === '' || coding === 'identity' || decoded.length === 0) continue;
    const decode = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
    if (!decode) return { problem: 'unknown', coding };
    try {
      decoded = await decode(decoded, { maxOutputLength: limitBytes });
    } catch (error) {
      const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
      return { problem: tooLarge ? 'too_large' : 'broken', coding };
    }
  }
  return { bytes: decoded };
}
