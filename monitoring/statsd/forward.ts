import { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../exporter.ts';
import { StatsdSender, type StatsdSenderOptions } from './send.ts';
import { SentRecords } from './sent-records.ts';
import { walkStatsd } from './walk.ts';

export interface StatsdForwarderOptions extends StatsdSenderOptions {
  /** Remembers what was sent. Made where it is not there. */
  folder: string;
  /** What is sent instead of a well-formed line, without the newline at its end; the line itself when absent. */
  rewrite?: (line: Buffer) => Uint8Array;
}

const NEWLINE = Buffer.from('\n');

/** Sends the well-formed lines of StatsD records to another server, each record once, also after a restart. */
export class StatsdForwarder {
  readonly #options: StatsdForwarderOptions;
  readonly #sent: SentRecords;
  #sender: StatsdSender | undefined;
  /** Why what was sent cannot be written down: a crash now would send it again. */
  memoryError: Error | undefined;

  constructor(options: StatsdForwarderOptions) {
    this.#options = options;
    this.#sent = new SentRecords(options.folder);
  }

  /** @throws Error where the folder cannot be used */
  start(): void {
    this.#sent.load();
    this.#sender = new StatsdSender(this.#options);
  }

  /**
   * Rejects when they could not be sent, all of them. A connection that breaks in the middle, and a crash between sending
   * and writing down, leave open what arrived: a retry may then count lines twice.
   * @returns well-formed lines of each record
   */
  async forward(records: readonly SpoolRecord[], abort: AbortSignal): Promise<number[]> {
    if (!this.#sender) throw new Error('the forwarder is not running');
    const parts: Uint8Array[] = [];
    const due = records.filter((record) => !this.#sent.has(record));
    const isDue = new Set(due);
    const counts = records.map((record) => this.#collect(record, isDue.has(record) ? parts : undefined));
    if (parts.length === 0) return counts;
    await this.#sender.send(keyOf(due), Buffer.concat(parts), abort);
    try {
      this.#sent.add(due);
      this.memoryError = undefined;
    } catch (error) {
      // They were sent, and this process remembers it; handing them back would count them twice for certain.
      this.memoryError = error as Error;
    }
    return counts;
  }

  #collect(record: SpoolRecord, parts: Uint8Array[] | undefined): number {
    const { rewrite } = this.#options;
    const bytes = Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength);
    let lines = 0;
    walkStatsd(bytes, (start, end) => {
      lines++;
      if (!parts) return;
      const line = bytes.subarray(start, end);
      parts.push(rewrite ? rewrite(line) : line, NEWLINE);
    });
    return lines;
  }

  /** Ends what is under way. */
  close(): void {
    this.#sender?.close();
    this.#sender = undefined;
  }
}

/** Records come in the order of their positions. */
function keyOf(records: readonly SpoolRecord[]): string {
  const [first, last] = [records[0]!, records.at(-1)!];
  return `${first.position}@${first.receivedAt} to ${last.position}@${last.receivedAt}, ${records.length}`;
}
