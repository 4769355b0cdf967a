import { crc32, deflateSync } from 'node:zlib';

/** A picture of few colours: one index into the palette for each dot, row after row. */
export interface IndexedPicture {
  width: number;
  height: number;
  /** Red, green and blue, 0 to 255; at most 256 colours. */
  palette: readonly (readonly [number, number, number])[];
  /** `width * height` of them. */
  dots: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BITS_A_DOT = 8;
const INDEXED = 3;

/** As a PNG of one byte a dot. Source: W3C PNG specification, third edition, sections 5.3 (chunks) and 11.2 (their content). */
export function encodePng({ width, height, palette, dots }: IndexedPicture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BITS_A_DOT, INDEXED], 8);
  // Each row begins with the number of its filter: none.
  const rows = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row++) {
    rows.set(dots.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Length, type, content, and a checksum of type and content. */
function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
