import { isSecretHeader } from '../evidence/secret-headers.ts';
import type { HttpRequest, HttpResponse } from './http-session.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where a response redirects to, as it was written; null where it does not. */
export function redirectOf({ status, headers }: HttpResponse): string | null {
  if (!REDIRECTS.has(status)) return null;
  const { location } = headers;
  return (Array.isArray(location) ? location[0] : location) ?? null;
}

/** The request of the next hop (RFC 9110 §15.4); credentials do not follow to another origin. */
export function follow(request: HttpRequest, url: URL, status: number): HttpRequest {
  const rewritten = status === 303 ? request.method !== 'HEAD' : status <= 302 && request.method === 'POST';
  const elsewhere = url.origin !== request.url.origin;
  const dropped = (name: string) =>
    (rewritten && (name.startsWith('content-') || name === 'digest')) ||
    (elsewhere && (isSecretHeader(name) || name === 'host'));
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped(name.toLowerCase())));
  return { ...request, url, headers, ...(rewritten ? { method: 'GET', body: null } : {}) };
}
