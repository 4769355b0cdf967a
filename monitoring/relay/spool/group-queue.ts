import { toError } from '../../../core/errors.ts';
import { HEADER_BYTES, type NewRecord } from './record.ts';

const MAX_WAITING_BYTES = 64 * 2 ** 20;
const MAX_GROUP_BYTES = 16 * 2 ** 20;

/** The spool cannot take a record now; the sender should come again. */
export class SpoolUnavailable extends Error {
  readonly reason: 'busy' | 'failed';

  constructor(reason: 'busy' | 'failed', cause?: Error) {
    super(reason === 'busy' ? 'too much waits to be written' : `cannot write: ${cause?.message}`, { cause });
    this.name = 'SpoolUnavailable';
    this.reason = reason;
  }
}

interface Waiting {
  record: NewRecord;
  resolve(position: number): void;
  reject(error: SpoolUnavailable): void;
}

/** Records that wait to be written: those that come while a group is under way make up the next, in the order they came. */
export class GroupQueue {
  readonly #write: (records: NewRecord[], bytes: number) => Promise<number[]>;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  /** @param write makes a group durable, `bytes` with its headers, and hands back the position of each record; one call at a time */
  constructor(write: (records: NewRecord[], bytes: number) => Promise<number[]>) {
    this.#write = write;
  }

  /** Resolves with its position once the record is durable; rejects with SpoolUnavailable when it was not taken. */
  push(record: NewRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closed || this.#waitingBytes + record.bytes.length > MAX_WAITING_BYTES) {
        reject(new SpoolUnavailable('busy'));
        return;
      }
      this.#waiting.push({ record, resolve, reject });
      this.#waitingBytes += record.bytes.length;
      this.#writing ??= this.#writeAll();
    });
  }

  /** Takes no more, and writes what waits. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Records of this very turn join the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let bytes = 0;
      let count = 0;
      while (count < this.#waiting.length && (count === 0 || bytes < MAX_GROUP_BYTES)) {
        bytes += HEADER_BYTES + this.#waiting[count++]!.record.bytes.length;
      }
      const group = this.#waiting.splice(0, count);
      const records = group.map((waiting) => waiting.record);
      const written = await this.#write(records, bytes).catch(
        (error) => new SpoolUnavailable('failed', toError(error)),
      );
      this.#waitingBytes -= records.reduce((sum, record) => sum + record.bytes.length, 0);
      for (const [index, waiting] of group.entries()) {
        if (written instanceof SpoolUnavailable) waiting.reject(written);
        else waiting.resolve(written[index]!);
      }
    }
    // In the same turn as the last look at the queue: a record that comes next must start a new round.
    this.#writing = undefined;
  }
}
