import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { SignalAnswers } from '../../../alerts/rules/signal.ts';
import { peerCertificate } from '../../../scenarios/engine/http/certificate.ts';

/**
 * Asks a host for its certificate. Whether anybody would trust it does not matter here, only when it ends.
 * @param target `host:port`
 */
export function askCertificate(target: string, abort: AbortSignal): Promise<SignalAnswers['certificate']> {
  const [, host = target, port = '443'] = /^(.*?)(?::(\d+))?$/.exec(target)!;
  const name = host.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: name,
      port: Number(port),
      rejectUnauthorized: false,
      ...(isIP(name) === 0 ? { servername: name } : {}),
    });
    const end = (settle: () => void) => {
      abort.removeEventListener('abort', give);
      socket.destroy();
      settle();
    };
    const give = () => end(() => reject(new Error(`${target} did not answer in time`)));
    abort.addEventListener('abort', give, { once: true });
    socket.once('secureConnect', () => {
      const certificate = peerCertificate(socket);
      if (!certificate) end(() => reject(new Error(`${target} shows no certificate`)));
      else end(() => resolve({ expires_at: certificate.valid_to, subject: certificate.subject }));
    });
    socket.once('error', (error) => end(() => reject(error)));
    if (abort.aborted) give();
  });
}
