import type { FastifyInstance } from 'fastify';
import { EXIT, toError } from '../core/errors.ts';

/** How long requests that are running get to finish. */
const GRACE_MS = 10_000;

/** Ctrl-C reaches the whole process group, and npm or a parent may hand the same on: that is still the first signal. */
const ECHO_MS = 500;

/**
 * Ends the process on SIGTERM, SIGINT, or when the parent's IPC channel goes: stops accepting, finishes requests
 * (telemetry is flushed by its own onClose), then `release`. The same signal once more ends it at once.
 */
export function shutdownOnSignal(app: FastifyInstance, release: () => Promise<void>): void {
  let endingSince: number | undefined;
  let first: NodeJS.Signals | undefined;

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

  const onSignal = (signal: NodeJS.Signals) => {
    if (endingSince === undefined) {
      endingSince = performance.now();
      first = signal;
      void end(signal);
    } else if (signal === first && performance.now() - endingSince > ECHO_MS) {
      process.exit(EXIT.internal);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('disconnect', () => {
    if (endingSince !== undefined) return;
    endingSince = performance.now();
    void end('the parent process is gone');
  });
}
