import { Buffer } from 'node:buffer';
import type { Clock } from '../../../../core/clock.ts';
import type { SpoolRecord } from '../../../exporter.ts';
import { StatsdSender, type StatsdTarget, walkStatsd } from '../../../statsd/index.ts';
import { SentRecords } from './sent.ts';

const NEWLINE = Buffer.from('\n');

/** Sends the well-formed lines of StatsD records on to Telegraf, each record once. */
export class TelegrafForwarder {
  readonly #sender: StatsdSender;
  readonly #sent: SentRecords;

  /** @param folder remembers what was sent */
  constructor(target: StatsdTarget, folder: string, clock: Clock) {
    this.#sender = new StatsdSender({ target, clock });
    this.#sent = new SentRecords(folder);
  }

  start(): void {
    this.#sent.load();
  }

  /**
   * Rejects when they could not be sent, all of them. An abort in the middle, and a crash between sending and
   * remembering, leave open what arrived: a retry may then count lines twice.
   * @returns well-formed lines of each record
   */
  async forward(records: readonly SpoolRecord[], abort: AbortSignal): Promise<number[]> {
    const packets: Buffer[] = [];
    const due: number[] = [];
    const counts = records.map((record) => {
      const bytes = Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength);
      const isDue = !this.#sent.has(record.position);
      if (isDue) due.push(record.position);
      let count = 0;
      walkStatsd(bytes, (start, end) => {
        count++;
        if (isDue) packets.push(bytes.subarray(start, end), NEWLINE);
      });
      return count;
    });
    if (due.length > 0) {
      await this.#sender.send(due.join(), Buffer.concat(packets), abort);
      this.#sent.add(due);
    }
    return counts;
  }

  close(): void {
    this.#sender.close();
  }
}
