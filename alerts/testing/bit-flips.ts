/** The bytes with one bit the other way, for every bit. */
export function bitFlips(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    return flipped;
  });
}

/** As `bitFlips`, of a header: bytes as Node reads them, Latin-1. */
export function headerFlips(header: string): string[] {
  return bitFlips(Buffer.from(header, 'latin1')).map((bytes) => bytes.toString('latin1'));
}
