import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `cut`: resets. `silent`: connections stand and nothing passes; what was held passes when it heals. `slow`: everything later. */
export type Weather = 'fair' | 'cut' | 'silent' | 'slow';

const SLOW_MS = 700;

/** A TCP proxy that stands for the network between two processes. */
export class Partition {
  #weather: Weather = 'fair';
  #server: Server | undefined;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #heals = Promise.withResolvers<void>();

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async before(target: string): Promise<Partition> {
    const partition = new Partition(target);
    partition.#server = createServer((socket) => partition.#join(socket)).listen(0, '127.0.0.1');
    await once(partition.#server, 'listening');
    return partition;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    if (weather === 'cut') for (const socket of this.#sockets) socket.resetAndDestroy();
    if (weather === 'silent') return;
    this.#heals.resolve();
    this.#heals = Promise.withResolvers();
  }

  async close(): Promise<void> {
    this.weather = 'cut';
    this.#server!.close();
    await once(this.#server!, 'close');
  }

  #join(near: Socket): void {
    if (this.#weather === 'cut') return void near.resetAndDestroy();
    const far = connect(Number(this.#target.port), this.#target.hostname);
    this.#pipe(near, far);
    this.#pipe(far, near);
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    // In order, whatever the weather does meanwhile.
    let last = Promise.resolve();
    const then = (pass: () => void) => {
      last = last.then(() => this.#passable()).then(() => void (to.destroyed || pass()));
    };
    from.on('data', (chunk) => then(() => to.write(chunk)));
    from.on('end', () => then(() => to.end()));
    from.on('error', () => then(() => to.destroy()));
    from.on('close', () => {
      this.#sockets.delete(from);
      then(() => to.destroy());
    });
  }

  async #passable(): Promise<void> {
    while (this.#weather === 'silent') await this.#heals.promise;
    if (this.#weather === 'slow') await delay(SLOW_MS);
  }
}
