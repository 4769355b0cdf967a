import type { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../../../exporter.ts';
import { JsonBytes } from './json-bytes.ts';

/** A spool record, and which documents of the body came from it. */
export interface Encoded {
  record: SpoolRecord;
  /** First document, and the one after the last. */
  from: number;
  to: number;
  /** Items of the record that are in these documents; the others were malformed. */
  items: number;
}

/** The body of a bulk request: an action and a document in turn, one line each. Its buffer is used again. */
export class BulkBody {
  readonly json = new JsonBytes();
  readonly records: Encoded[] = [];
  /** Where each document's lines end; they begin where the one before ends. */
  #ends = new Int32Array(1_024);
  documents = 0;

  /** @param bytes at most what the document will take, action included */
  begin(bytes: number): JsonBytes {
    this.json.room(bytes);
    return this.json;
  }

  end(): void {
    if (this.documents === this.#ends.length) {
      const grown = new Int32Array(this.#ends.length * 2);
      grown.set(this.#ends);
      this.#ends = grown;
    }
    this.#ends[this.documents++] = this.json.length;
  }

  /** Takes back every document from this one on. */
  truncate(documents: number): void {
    this.documents = documents;
    this.json.length = documents === 0 ? 0 : this.#ends[documents - 1]!;
  }

  clear(): void {
    this.records.length = 0;
    this.truncate(0);
  }

  get size(): number {
    return this.json.length;
  }

  /** Of the documents from this one on, the one after the last that fits into a request; one always does. */
  fitting(from: number, bytes: number): number {
    const most = (from === 0 ? 0 : this.#ends[from - 1]!) + bytes;
    let to = from + 1;
    while (to < this.documents && this.#ends[to]! <= most) to++;
    return to;
  }

  /** The lines of some documents; valid until the next write. */
  slice(from: number, to: number): Buffer {
    return this.json.bytes.subarray(from === 0 ? 0 : this.#ends[from - 1]!, to === 0 ? 0 : this.#ends[to - 1]!);
  }
}
