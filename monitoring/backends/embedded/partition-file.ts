import { EMPTY, Partition, type PartitionState } from './partition.ts';

/** A partition, open or not; what is known of it stays when it is closed. */
export class PartitionFile {
  readonly file: string;
  readonly sequence: number;
  readonly #memoryLimitBytes: number;
  state: PartitionState;
  /** Present while it is open. */
  partition: Partition | undefined;
  /** Milliseconds of the monotonic clock. */
  lastUsed: number;
  /** Questions that need it open. */
  asking = 0;
  /** Deleted or moved aside. */
  gone = false;
  #opening: Promise<Partition> | undefined;
  #closing: Promise<void> | undefined;

  constructor(file: string, sequence: number, partition: Partition, memoryLimitBytes: number, now: number) {
    this.file = file;
    this.sequence = sequence;
    this.partition = partition;
    this.state = partition.state;
    this.#memoryLimitBytes = memoryLimitBytes;
    this.lastUsed = now;
  }

  async opened(): Promise<Partition> {
    if (this.partition) return this.partition;
    this.#opening ??= this.#open();
    return await this.#opening;
  }

  async #open(): Promise<Partition> {
    try {
      await this.#closing;
      this.partition = await Partition.open(this.file, this.#memoryLimitBytes, EMPTY);
      return this.partition;
    } finally {
      this.#opening = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    const { partition } = this;
    this.partition = undefined;
    if (partition) {
      this.state = partition.state;
      this.#closing = partition.close().finally(() => {
        this.#closing = undefined;
      });
    }
    await this.#closing;
  }
}
