import { flushCompileCache } from 'node:module';
import { systemClock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { type FromRelay, type ToRelay, toPlainError } from './protocol.ts';
import { RelayService, type ServiceDeps } from './service.ts';

const ALIVE_MS = 1_000;
/** Of a relay whose watcher is gone: the next one waits for its ports and its folder. */
const ORPHAN_GRACE_MS = 2_000;

/** Runs the relay in this process, told what to do by the process that forked it; ends when that one is gone. */
export function serveRelay({ loadBackend, loadSource }: Pick<ServiceDeps, 'loadBackend' | 'loadSource'>): void {
  // Spool, dead letters and store hold what was sent to us, whatever the folder's permissions were before.
  process.umask(0o077);
  let service: RelayService | undefined;
  let ending = false;
  const underWay = new Map<number, AbortController>();

  function say(message: FromRelay): void {
    // Nobody to talk to is not an error: the disconnect ends this process.
    if (process.connected) process.send!(message, undefined, {}, () => undefined);
  }

  const log = (level: 'info' | 'warn' | 'error', message: string) => say({ say: 'log', level, message });

  async function end(graceMs: number, code = 0): Promise<void> {
    if (ending) return;
    ending = true;
    // An exporter that never answers must not keep the process.
    setTimeout(() => process.exit(code), graceMs + 1_000).unref();
    await service?.shutdown(AbortSignal.timeout(graceMs)).catch((error) => log('error', toError(error).message));
    process.exit(code);
  }

  async function start(message: Extract<ToRelay, { say: 'start' }>): Promise<void> {
    service = new RelayService(message.settings, {
      clock: systemClock,
      random: Math.random,
      loadBackend,
      loadSource,
      log,
    });
    try {
      say({ say: 'ready', ...(await service.start()) });
      // Now, because a process that is killed keeps nothing for the next.
      flushCompileCache();
      setInterval(() => say({ say: 'alive', rssBytes: process.memoryUsage.rss() }), ALIVE_MS).unref();
    } catch (error) {
      say({ say: 'failed', error: toPlainError(error) });
      await end(ORPHAN_GRACE_MS, 1);
    }
  }

  async function answer(id: number, work: (abort: AbortSignal) => Promise<unknown>): Promise<void> {
    const abort = new AbortController();
    underWay.set(id, abort);
    try {
      say({ say: 'answer', id, value: await work(abort.signal) });
    } catch (error) {
      say({ say: 'refusal', id, error: toPlainError(error) });
    } finally {
      underWay.delete(id);
    }
  }

  function running(): RelayService {
    if (!service) throw new Error('the relay is starting');
    return service;
  }

  process.on('message', (message: ToRelay) => {
    switch (message.say) {
      case 'start':
        void start(message);
        return;
      case 'ask':
        void answer(message.id, async (abort) => {
          return running().reader(message.backend).ask(message.question, message.window, abort);
        });
        return;
      case 'status':
        void answer(message.id, async () => running().status());
        return;
      case 'dead_letters':
        void answer(message.id, async () => running().deadLetters(message.backend, message.limit));
        return;
      case 'replay':
        void answer(message.id, async (abort) => running().replay(message.backend, message.ids, abort));
        return;
      case 'cancel':
        underWay.get(message.id)?.abort(new Error('nobody waits for the answer'));
        return;
      case 'shutdown':
        void end(message.graceMs);
    }
  });
  process.on('disconnect', () => void end(ORPHAN_GRACE_MS));
  // A terminal or a service manager may signal every process at once; the watcher, which still needs the relay while it
  // ends, says when.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
