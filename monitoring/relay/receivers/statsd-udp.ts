import { createSocket, type Socket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { StatsdIntake } from './statsd-intake.ts';

export interface StatsdUdpOptions {
  host: string;
  port: number;
  intake: StatsdIntake;
  log(level: 'warn' | 'error', message: string): void;
}

const SOCKET_BUFFER_BYTES = 4 * 2 ** 20;

/** StatsD over UDP. Datagrams hold whole lines. */
export class StatsdUdp {
  readonly #options: StatsdUdpOptions;
  readonly #socket: Socket;
  #open = false;
  packets = 0;

  constructor(options: StatsdUdpOptions) {
    this.#options = options;
    this.#socket = createSocket({ type: isIPv6(options.host) ? 'udp6' : 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES });
    this.#socket.on('message', (packet) => {
      this.packets++;
      options.intake.take(packet);
    });
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

  /** Datagrams that the kernel dropped because this socket's buffer was full; null where the system does not tell. */
  async socketDrops(): Promise<number | null> {
    if (process.platform !== 'linux' || !this.#open) return null;
    const table = await readFile(isIPv6(this.#options.host) ? '/proc/net/udp6' : '/proc/net/udp', 'utf8').catch(
      () => '',
    );
    if (!this.#open) return null;
    const port = `:${this.#socket.address().port.toString(16).toUpperCase().padStart(4, '0')}`;
    for (const line of table.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(port)) return Number(columns[12]);
    }
    return null;
  }

  /** Takes no more datagrams. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}
