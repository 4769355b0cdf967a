import { crc32, inflateSync } from 'node:zlib';

/** What stands in a PNG of indexed dots without filters, read step by step from its chunks. Throws where a checksum is wrong. */
export function readPng(png: Buffer): { width: number; height: number; palette: number[][]; dots: number[][] } {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    if (crc32(named) !== png.readUInt32BE(at + 8 + length)) throw new Error('a checksum is wrong');
    chunks.set(named.toString('latin1', 0, 4), named.subarray(4));
    at += length + 12;
  }
  const header = chunks.get('IHDR')!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const colours = [...chunks.get('PLTE')!];
  const rows = inflateSync(chunks.get('IDAT')!);
  if (rows.length !== (width + 1) * height || !chunks.has('IEND')) throw new Error('it is not whole');
  return {
    width,
    height,
    palette: Array.from({ length: colours.length / 3 }, (_, index) => colours.slice(index * 3, index * 3 + 3)),
    dots: Array.from({ length: height }, (_, row) => [
      ...rows.subarray(row * (width + 1) + 1, (row + 1) * (width + 1)),
    ]),
  };
}
