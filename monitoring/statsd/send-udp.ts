import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Clock } from '../../core/clock.ts';
import type { Packet } from './pack.ts';

/** How long a host that has no such port may take to say so. */
const REFUSAL_MS = 2;

/**
 * Hands every packet to the kernel. UDP confirms nothing: resolving means sent, not received. Where the host answers
 * that nobody listens (ICMP, as on one machine), it rejects.
 */
export async function sendDatagrams(
  { host, port }: { host: string; port: number },
  packets: readonly Packet[],
  pace: (lines: number) => Promise<void>,
  clock: Clock,
  abort: AbortSignal,
): Promise<void> {
  const { address, family } = await lookup(host);
  abort.throwIfAborted();
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure ??= error;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    for (const packet of packets) {
      await pace(packet.lines);
      abort.throwIfAborted();
      await sendOne(socket, packet);
      if (failure) throw failure;
    }
    await clock.timer(REFUSAL_MS, abort);
    if (failure) throw failure;
  } finally {
    socket.close();
  }
}

function sendOne(socket: Socket, packet: Packet): Promise<void> {
  return new Promise((resolve, reject) => socket.send(packet.bytes, (error) => (error ? reject(error) : resolve())));
}
