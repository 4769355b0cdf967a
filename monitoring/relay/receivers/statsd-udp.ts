import { Buffer } from 'node:buffer';
import { createSocket, type Socket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { walkStatsd } from '../../statsd/index.ts';
import type { NewRecord } from '../spool/record.ts';

export interface StatsdReceiverOptions {
  host: string;
  port: number;
  clock: Clock;
  append(record: NewRecord): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

const SOCKET_BUFFER_BYTES = 4 * 2 ** 20;
const BATCH_BYTES = 64 * 2 ** 10;
const BATCH_MS = 100;
/** Bytes that may wait for the disk; past it lines are lost and counted, for UDP cannot be told to wait. */
const MAX_UNWRITTEN_BYTES = 16 * 2 ** 20;
const NEWLINE = 10;

/** StatsD over UDP. Well-formed lines of many datagrams share a spool record, written after 64 KiB or 100 ms. */
export class StatsdReceiver {
  readonly #options: StatsdReceiverOptions;
  readonly #socket: Socket;
  #batch = Buffer.allocUnsafe(BATCH_BYTES);
  #used = 0;
  #lines = 0;
  #firstAt = 0;
  #flushing = false;
  #unwritten = 0;
  #writes = new Set<Promise<void>>();
  #open = false;
  #stop = new AbortController();
  packets = 0;
  malformed = 0;
  /** Well-formed lines that did not reach the spool. */
  lost = 0;

  constructor(options: StatsdReceiverOptions) {
    this.#options = options;
    this.#socket = createSocket({ type: isIPv6(options.host) ? 'udp6' : 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES });
    this.#socket.on('message', (packet) => this.#take(packet));
  }

  /** @returns the bound port */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(this.#options.port, this.#options.host, () => {
        this.#socket.off('error', reject);
        this.#socket.on('error', (error) => this.#options.log('error', `StatsD socket: ${error.message}`));
        resolve();
      });
    });
    this.#open = true;
    return this.#socket.address().port;
  }

  #take(packet: Buffer): void {
    this.packets++;
    this.malformed += walkStatsd(packet, (start, end) => {
      const length = end - start;
      if (this.#used + length + 1 > BATCH_BYTES) this.#flush();
      if (this.#used === 0) this.#firstAt = this.#options.clock.now();
      packet.copy(this.#batch, this.#used, start, end);
      this.#used += length;
      this.#batch[this.#used++] = NEWLINE;
      this.#lines++;
    });
    if (this.#used > 0 && !this.#flushing) this.#flushLater();
  }

  #flushLater(): void {
    this.#flushing = true;
    this.#options.clock.timer(BATCH_MS, this.#stop.signal).then(
      () => {
        this.#flushing = false;
        this.#flush();
      },
      () => undefined,
    );
  }

  #flush(): void {
    if (this.#used === 0) return;
    const items = this.#lines;
    const bytes = Buffer.from(this.#batch.subarray(0, this.#used));
    this.#used = 0;
    this.#lines = 0;
    if (this.#unwritten + bytes.length > MAX_UNWRITTEN_BYTES) {
      this.lost += items;
      return;
    }
    this.#unwritten += bytes.length;
    const write = this.#options
      .append({ signal: 'metrics', encoding: 'statsd', items, receivedAt: this.#firstAt, bytes })
      .catch((error: Error) => {
        this.lost += items;
        this.#options.log('warn', `${items} StatsD lines were lost: ${error.message}`);
      })
      .finally(() => {
        this.#unwritten -= bytes.length;
        this.#writes.delete(write);
      });
    this.#writes.add(write);
  }

  /** Datagrams that the kernel dropped because this socket's buffer was full; null where the system does not tell. */
  async socketDrops(): Promise<number | null> {
    if (process.platform !== 'linux' || !this.#open) return null;
    const table = await readFile(isIPv6(this.#options.host) ? '/proc/net/udp6' : '/proc/net/udp', 'utf8').catch(
      () => '',
    );
    const port = `:${this.#socket.address().port.toString(16).toUpperCase().padStart(4, '0')}`;
    for (const line of table.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(port)) return Number(columns[12]);
    }
    return null;
  }

  /** Takes no more datagrams and waits until what it has is written. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    this.#stop.abort();
    this.#flush();
    await Promise.all(this.#writes);
  }
}
