import { connect, type Socket } from 'node:net';
import type { Packet } from './pack.ts';

const KEEP_ALIVE_MS = 10_000;
const NEWLINE = Buffer.from('\n');

/**
 * Writes every packet over a connection of its own, ends it and waits until the other side has ended it too. A server
 * does so once it has read everything, which is the only receipt that StatsD has: a connection that breaks before it
 * rejects, so that what lay in the kernel's buffers is not taken for delivered.
 */
export function sendStream(
  target: { host: string; port: number } | { path: string },
  packets: readonly Packet[],
  pace: (lines: number) => Promise<void>,
  abort: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true });
    let written = false;
    let ended = false;
    const settle = (error?: Error) => {
      abort.removeEventListener('abort', cut);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const cut = () => settle(abort.reason as Error);
    if (abort.aborted) return cut();
    abort.addEventListener('abort', cut, { once: true });
    socket.on('error', settle);
    socket.on('close', () => {
      if (!ended || !written) settle(new Error('the connection was closed before everything was read'));
      else settle();
    });
    // A server may answer something; it is read so that its end can be seen.
    socket.resume();
    socket.on('end', () => {
      ended = true;
    });
    socket.once('connect', () => {
      writeAll(socket, packets, pace).then(
        () => {
          if (socket.destroyed || ended) return;
          // An end that came before ours was no answer to it.
          socket.end((error?: Error | null) => {
            written = !error && !ended;
          });
        },
        (error: Error) => settle(error),
      );
    });
  });
}

async function writeAll(
  socket: Socket,
  packets: readonly Packet[],
  pace: (lines: number) => Promise<void>,
): Promise<void> {
  for (const { bytes, lines } of packets) {
    await pace(lines);
    if (socket.destroyed || socket.readableEnded) return;
    await new Promise<void>((resolve, reject) => {
      socket.cork();
      socket.write(bytes);
      socket.write(NEWLINE, (error) => (error ? reject(error) : resolve()));
      socket.uncork();
    });
  }
}
