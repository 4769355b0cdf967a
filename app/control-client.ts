import { EXIT, RingdownError } from '../core/errors.ts';
import type { DataDirectory } from './data-directory.ts';

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Asks the watcher that runs on this data directory.
 * @throws RingdownError `NOT_RUNNING`, `WATCHER_AWAY`, or what the watcher said
 */
export async function askWatcher<T>(directory: DataDirectory, path: string, init: RequestInit = {}): Promise<T> {
  const ready = directory.readReady();
  if (!ready) {
    throw new RingdownError('NOT_RUNNING', `no watcher has run on ${directory.path}`, {
      hint: 'start it with npm start or ringdown serve, or name its directory with --data-dir',
      exitCode: EXIT.usage,
    });
  }
  let response: Response;
  try {
    response = await fetch(ready.url + path, {
      ...init,
      headers: { authorization: `Bearer ${directory.watcherToken(process.env)}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new RingdownError('WATCHER_AWAY', `the watcher at ${ready.url} does not answer`, {
      hint: 'is it running? npm start or ringdown serve brings it up',
      exitCode: EXIT.failed,
      cause,
    });
  }
  if (response.ok) return (await response.json()) as T;
  const { detail = `it answered ${response.status}` } = (await response.json().catch(() => ({}))) as {
    detail?: string;
  };
  if (response.status === 401) {
    throw new RingdownError('REFUSED', `the watcher at ${ready.url} does not take this token`, {
      hint: process.env.RINGDOWN_TOKEN
        ? 'RINGDOWN_TOKEN is set here: is it the one that the watcher was started with?'
        : 'where the watcher was started with RINGDOWN_TOKEN, set the same here',
      exitCode: EXIT.usage,
    });
  }
  throw new RingdownError('REFUSED', `the watcher refused: ${detail}`, {
    exitCode: response.status < 500 ? EXIT.usage : EXIT.failed,
  });
}
