import { Buffer } from 'node:buffer';
import { lstat, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { EXIT, RingdownError, toError } from '../../../core/errors.ts';
import { MAX_LINE_LENGTH } from '../../statsd/index.ts';
import type { StatsdIntake } from './statsd-intake.ts';

export interface StatsdStreamOptions {
  /** A port, or the path of a unix socket. */
  at: { host: string; port: number } | { path: string };
  intake: StatsdIntake;
  /** What comes on top is closed at once. Default 1,000. */
  maxConnections?: number;
  log(level: 'warn' | 'error', message: string): void;
}

// Each takes a file descriptor, which spool and store need as well.
const MAX_CONNECTIONS = 1_000;
const NEWLINE = 10;

/**
 * StatsD over TCP or a unix stream socket: lines end with a newline. While the intake is full, nothing is read, so that
 * senders wait instead of losing. A sender that ends its side gets ours ended once its lines are durable: a receipt for
 * who waits for it.
 */
export class StatsdStream {
  readonly #options: StatsdStreamOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  constructor(options: StatsdStreamOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) =>
      this.#read(socket),
    );
    this.#server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  }

  /**
   * @returns the bound port; 0 for a unix socket
   * @throws RingdownError `STATSD_SOCKET_IN_USE` where somebody listens at the path, or something else lies there;
   *   `STATSD_SOCKET_FAILED` where no socket can be made at the path
   */
  async listen(): Promise<number> {
    const { at } = this.#options;
    if (!('path' in at)) {
      await this.#bind(at);
      return (this.#server.address() as AddressInfo).port;
    }
    try {
      await removeStale(at.path);
      // Every user of the machine may write, as to a port on loopback, and nobody may read; its folder says who gets there.
      await this.#bind({ path: at.path, writableAll: true });
    } catch (error) {
      throw error instanceof RingdownError ? error : cannotListen(at.path, toError(error));
    }
    return 0;
  }

  async #bind(at: ListenOptions): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(at, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#options.log('error', `StatsD: ${error.message}`));
        resolve();
      });
    });
  }

  #read(socket: Socket): void {
    const { intake } = this.#options;
    const lines = new LineCutter(intake);
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      lines.take(chunk);
      if (!intake.isFull) return;
      socket.pause();
      void intake.room().then(() => socket.resume());
    });
    socket.on('end', () => {
      lines.end();
      void intake.settled().then(() => socket.end());
    });
  }

  /** Takes no more; what a connection has sent so far is taken. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    // Node removes the file of a unix socket as it closes.
    await closed;
  }
}

/** Puts together lines that chunks cut. Of an unfinished line at most what a line may have is kept. */
class LineCutter {
  readonly #intake: StatsdIntake;
  #rest: Buffer = Buffer.alloc(0);
  /** In the middle of a line that is too long. */
  #skipping = false;

  constructor(intake: StatsdIntake) {
    this.#intake = intake;
  }

  take(chunk: Buffer): void {
    let start = 0;
    if (this.#skipping || this.#rest.length > 0) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline < 0) {
        this.#keep(chunk);
        return;
      }
      if (!this.#skipping) this.#intake.take(Buffer.concat([this.#rest, chunk.subarray(0, newline)]));
      this.#rest = Buffer.alloc(0);
      this.#skipping = false;
      start = newline + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= start) {
      this.#intake.take(chunk.subarray(start, last));
      start = last + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    if (this.#skipping) return;
    // One byte more than a line may have, for a carriage return at its end.
    if (this.#rest.length + piece.length <= MAX_LINE_LENGTH + 1) {
      this.#rest = Buffer.concat([this.#rest, piece]);
      return;
    }
    this.#intake.malformed++;
    this.#rest = Buffer.alloc(0);
    this.#skipping = true;
  }

  /** The last line needs no newline. */
  end(): void {
    if (this.#rest.length > 0) this.#intake.take(this.#rest);
    this.#rest = Buffer.alloc(0);
  }
}

/**
 * A socket file that a killed process left is removed; one that somebody answers at is not, nor anything else, nor a
 * link, whoever put it there.
 */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) throw inUse(path, 'is there and is no socket');
  const isAnswered = await new Promise<boolean>((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(toError(error));
    });
  });
  if (isAnswered) throw inUse(path, 'is in use');
  await rm(path, { force: true });
}

function inUse(path: string, why: string): RingdownError {
  return new RingdownError('STATSD_SOCKET_IN_USE', `StatsD: ${path} ${why}`, {
    hint: 'stop what uses it, or set relay.statsd.unix_socket to another path',
    exitCode: EXIT.usage,
  });
}

function cannotListen(path: string, error: Error): RingdownError {
  return new RingdownError('STATSD_SOCKET_FAILED', `StatsD: no socket can be made at ${path}: ${error.message}`, {
    hint: 'its folder must exist and be writable, and a path has at most 107 bytes',
    exitCode: EXIT.usage,
    cause: error,
  });
}
