/** Bytes that come in pieces, copied into one buffer, so that a million pieces of one byte cost no more than that. */
export class BodyBuffer {
  #bytes: Buffer | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param expected how many bytes are still to come, at a guess; what a stranger announces is not set aside at once */
  append(source: Buffer, from: number, to: number, expected: number): void {
    const added = to - from;
    if (this.#bytes === null) {
      this.#bytes = Buffer.allocUnsafe(Math.max(added, Math.min(expected, FIRST_BYTES)));
    } else if (this.#length + added > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length + added, this.#bytes.length * 2, SMALLEST_BYTES));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    source.copy(this.#bytes, this.#length, from, to);
    this.#length += added;
  }

  clear(): void {
    this.#bytes = null;
    this.#length = 0;
  }

  /** What came so far, without another copy. */
  bytes(): Buffer {
    if (this.#bytes === null) return EMPTY;
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }
}

const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 256 * 1024;
const SMALLEST_BYTES = 4 * 1024;
