import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { EXIT, RingdownError } from '../../core/errors.ts';

/** What a client on this machine connects to where a server listens on every interface. */
const EVERY_INTERFACE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * @returns the URL by which the server is reached from this machine
 * @throws RingdownError when the port is taken, or the address is none of this machine's
 */
export async function listen(server: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new RingdownError('PORT_IN_USE', `port ${port} is taken`, {
        hint: 'stop what listens there, or choose another with --port (0 means any free one)',
        exitCode: EXIT.usage,
        cause: error,
      });
    }
    throw new RingdownError('CANNOT_LISTEN', `cannot listen on ${host}, port ${port}: ${message}`, {
      hint: 'choose another with --host and --port; 0.0.0.0 means every interface',
      exitCode: EXIT.usage,
      cause: error,
    });
  }
  const bound = server.server.address() as AddressInfo;
  const address = EVERY_INTERFACE[bound.address] ?? bound.address;
  return `http://${address.includes(':') ? `[${address}]` : address}:${bound.port}`;
}
