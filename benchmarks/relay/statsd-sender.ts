import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { LINES, statsdPacket } from './payload.ts';
import { answer } from './peer.ts';

export interface SendMetrics {
  port: number;
  packets: number;
  perSecond: number;
}

const packet = statsdPacket();

/** Sends datagrams at a steady pace: UDP tells nobody when it is too much. Answers the number of metrics that were sent. */
answer(async ({ port, packets, perSecond }: SendMetrics): Promise<number> => {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const start = performance.now();
  for (let sent = 0; sent < packets; ) {
    const due = Math.min(packets, Math.ceil(((performance.now() - start) * perSecond) / 1_000));
    for (; sent < due; sent++) socket.send(packet);
    await wait(1);
  }
  await new Promise<void>((resolve) => socket.close(resolve));
  return packets * LINES;
});
