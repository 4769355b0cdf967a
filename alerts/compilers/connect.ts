import { RingdownError, toError } from '../../core/errors.ts';
import type { Connection } from './compiler.ts';

/** Asks a target's API. @throws RingdownError `TARGET` where it does not answer as it should; never with a secret in it */
async function askTarget(
  { url, headers }: Connection,
  path: string,
  abort: AbortSignal,
  request: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  const address = `${url.replace(/\/+$/, '')}${path}`;
  const shown = address.replace(/\?.*$/, '').replace(/\/\/[^/@]*@/, '//');
  let response: Response;
  try {
    response = await fetch(address, {
      method: request.method ?? 'GET',
      headers: {
        accept: 'application/json',
        ...headers,
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: abort,
    });
  } catch (cause) {
    const reason = toError((cause as { cause?: unknown }).cause ?? cause).message;
    throw new RingdownError('TARGET', `${shown} cannot be asked: ${reason}`, { hint: 'check --url', cause });
  }
  return response;
}

/** @throws RingdownError `TARGET` for another answer than JSON with a status of 2xx */
export async function getJson(
  connection: Connection,
  path: string,
  abort: AbortSignal,
  request?: Parameters<typeof askTarget>[3],
): Promise<unknown> {
  const response = await askTarget(connection, path, abort, request);
  const text = await response.text();
  if (response.ok) {
    try {
      return JSON.parse(text);
    } catch {
      throw new RingdownError('TARGET', `${connection.url} answered with no JSON: ${text.slice(0, 80)}`, {
        hint: 'check --url',
      });
    }
  }
  const hint = response.status === 401 || response.status === 403 ? 'check --token' : 'check --url';
  throw new RingdownError('TARGET', `${connection.url} answered ${response.status}: ${text.slice(0, 200)}`, { hint });
}
