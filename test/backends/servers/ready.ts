import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';

const ANSWERS_WITHIN_MS = 5_000;

/**
 * The first bytes that a TCP server says, after `say` where it waits to be spoken to.
 * @throws when nobody listens there, or nothing comes within 5 s
 */
export async function firstWords(port: number, say?: string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1').setTimeout(ANSWERS_WITHIN_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    if (say) socket.write(say);
    const [words] = await once(socket, 'data');
    return words;
  } finally {
    socket.destroy();
  }
}

/** @throws when nobody listens there */
export async function listensOnTcp(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** @throws when nobody listens there: UDP has no other sign of it than that the port cannot be had. */
export async function listensOnUdp(port: number): Promise<void> {
  const probe = createSocket('udp4').bind(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return;
    throw error;
  } finally {
    probe.close();
  }
  throw new Error(`nobody listens on UDP port ${port}`);
}

/** Asks by HTTP. @throws on any answer but a 2xx */
export async function ask(url: string): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer;
}
