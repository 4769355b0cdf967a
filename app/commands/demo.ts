import { EXIT, RingdownError } from '../../core/errors.ts';
import type { DataDirectory, ReadyFile } from '../data-directory.ts';
import { terminal } from '../terminal.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** `ringdown token`: prints the sign-in link of the watcher on this data directory. */
export function printToken(directory: DataDirectory, json: boolean): number {
  const token = directory.watcherToken(process.env);
  const ready = directory.readReady();
  const link = ready && `${ready.url}/sign-in?token=${encodeURIComponent(token)}`;
  if (json) terminal.out(JSON.stringify({ token, sign_in_url: link ?? null }));
  else {
    terminal.out(link ?? token);
    if (!link) terminal.err(`(the token alone: no watcher has run on ${directory.path} yet)`);
  }
  return EXIT.success;
}

/** `ringdown break ROUTE`: makes a route of the reference API answer 500. */
export async function breakRoute(
  directory: DataDirectory,
  route: string,
  fault: object,
  json = false,
): Promise<number> {
  const api = await callFaults(directory, 'PUT', { route, ...fault });
  if (json) {
    terminal.out(JSON.stringify({ route, ...fault, url: api.url }));
    return EXIT.success;
  }
  terminal.out(`${route} is broken. Watch it: ${api.url}`);
  terminal.out('Mend it: npx ringdown mend');
  return EXIT.success;
}

/** `ringdown mend`: clears every fault. */
export async function mend(directory: DataDirectory, json = false): Promise<number> {
  const api = await callFaults(directory, 'DELETE');
  if (json) terminal.out(JSON.stringify({ mended: true, url: api.url }));
  else terminal.out(`Mended. Watch it recover: ${api.url}`);
  return EXIT.success;
}

async function callFaults(directory: DataDirectory, method: 'PUT' | 'DELETE', body?: object): Promise<ReadyFile> {
  const ready = directory.readReady();
  if (!ready?.api_url) {
    throw new RingdownError('NOT_RUNNING', 'no reference API was started from this data directory', {
      hint: 'start it with npm start, or name its directory with --data-dir',
      exitCode: EXIT.usage,
    });
  }
  // Under `up`, the watcher's token opens the reference API's faults too.
  const token = directory.watcherToken(process.env);
  let response: Response;
  try {
    response = await fetch(`${ready.api_url}/__faults`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new RingdownError('API_AWAY', `the reference API at ${ready.api_url} does not answer`, {
      hint: 'is it running? npm start brings it up',
      exitCode: EXIT.failed,
      cause,
    });
  }
  if (!response.ok) {
    const { detail = `it answered ${response.status}` } = (await response.json().catch(() => ({}))) as {
      detail?: string;
    };
    throw new RingdownError('FAULT_REFUSED', `the reference API refused: ${detail}`, {
      exitCode: response.status === 422 ? EXIT.usage : EXIT.failed,
    });
  }
  return ready;
}
