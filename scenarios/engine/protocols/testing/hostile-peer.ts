import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Someone at the other end, over TCP and over UDP at the same port. */
export interface HostilePeer {
  /** `host:port` */
  address: string;
  /** What it does with whom connects; a UDP packet is answered with the bytes alone. */
  behaviour: Behaviour;
  /** Resolves when every connection has ended. */
  close(): Promise<void>;
}

export interface Behaviour {
  pieces: readonly Buffer[];
  /** Whether it speaks before it is spoken to. */
  first?: boolean;
  end: 'end' | 'reset' | 'linger';
}

export async function startHostilePeer(behaviour: Behaviour): Promise<HostilePeer> {
  const peer: HostilePeer = { address: '', behaviour, close: async () => {} };
  const act = (socket: Socket) => {
    for (const piece of peer.behaviour.pieces) socket.write(piece);
    if (peer.behaviour.end === 'end') socket.end();
    if (peer.behaviour.end === 'reset') setImmediate(() => socket.resetAndDestroy());
  };
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    // A client that has gone is let go; one that only listens must go by itself.
    socket.on('end', () => socket.end());
    if (peer.behaviour.first) act(socket);
    else socket.once('data', () => act(socket));
    socket.resume();
  });
  const udp = await bindBoth(tcp);
  udp.on('message', (_question, { address, port }) => {
    const answer = Buffer.concat(peer.behaviour.pieces);
    if (answer.length > 0 && answer.length < 1_400) udp.send(answer, port, address);
  });
  peer.address = `127.0.0.1:${(tcp.address() as AddressInfo).port}`;
  peer.close = async () => {
    udp.close();
    tcp.close();
    await once(tcp, 'close');
  };
  return peer;
}

async function bindBoth(tcp: Server): Promise<UdpSocket> {
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const udp = createSocket('udp4');
  udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1');
  await once(udp, 'listening');
  return udp;
}
