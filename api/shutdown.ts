import type { FastifyInstance } from 'fastify';
import { EXIT, toError } from '../core/errors.ts';

/** How long requests that are running get to finish. */
const GRACE_MS = 10_000;

/**
 * Ends the process on SIGTERM, SIGINT, or when the parent's IPC channel goes: stops accepting, finishes requests
 * (telemetry is flushed by its own onClose), then `release`. A second signal ends it at once.
 */
export function shutdownOnSignal(app: FastifyInstance, release: () => Promise<void>): void {
  let ending = false;

  const end = async (reason: string): Promise<void> => {
    app.log.info({ reason }, 'closing');
    const impatient = setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
    try {
      await app.close();
      await release();
      process.exitCode = EXIT.success;
    } catch (error) {
      app.log.error({ err: toError(error) }, 'closing failed');
      process.exitCode = EXIT.internal;
    }
    clearTimeout(impatient);
    process.exit();
  };

  const onReason = (reason: string) => {
    if (ending) process.exit(EXIT.internal);
    ending = true;
    void end(reason);
  };
  process.on('SIGTERM', () => onReason('SIGTERM'));
  process.on('SIGINT', () => onReason('SIGINT'));
  process.on('disconnect', () => {
    if (!ending) onReason('the parent process is gone');
  });
}
