import type { Problem } from '../../../../control/resources.ts';

/** What the watcher refused, or why it could not be asked. `status` is 0 when no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** Mistakes in a scenario file. */
  readonly diagnostics: Problem['diagnostics'];
  /** The file that was changed by somebody else. */
  readonly current: Problem['current'];

  constructor(status: number, code: string, message: string, more: Pick<Problem, 'diagnostics' | 'current'> = {}) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.diagnostics = more.diagnostics;
    this.current = more.current;
  }
}

let whenSignedOut: () => void = () => {};

/** Called whenever the watcher answers 401: the session has ended. */
export function onSignedOut(listener: () => void): void {
  whenSignedOut = listener;
}

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks the watcher's HTTP API. Rejects with an ApiProblem, or an AbortError when the caller gave up. */
export async function api<Resource>(path: string, { method = 'GET', body, signal }: Options = {}): Promise<Resource> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Requested-With'] = 'ringdown';
  const carries = method === 'POST' || method === 'PUT';
  if (carries) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: carries ? JSON.stringify(body ?? {}) : null,
      signal: signal ?? null,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem(
      0,
      'UNREACHABLE',
      'The watcher does not answer. This says nothing about the watched services.',
    );
  }
  if (response.status === 204) return undefined as Resource;
  const content: unknown = await response.json().catch(() => null);
  if (response.ok) return content as Resource;
  if (response.status === 401 && path !== '/api/v1/session') whenSignedOut();
  const problem = content as Partial<Problem> | null;
  throw new ApiProblem(
    response.status,
    problem?.code ?? 'UNKNOWN',
    problem?.detail ?? problem?.title ?? `The watcher answered ${response.status}`,
    problem ?? {},
  );
}

/** `/monitors/id@environment`, readable and safe. */
export function monitorPath(key: string): string {
  return `/monitors/${encodeKey(key)}`;
}

/** `/rules/policy/rule?monitor=…` of what `rule:policy/rule{…}` names; null for a monitor of another kind. */
export function ruleOfMonitor(key: string): string | null {
  const match = /^rule:([^/{]+)\/([^{…]+)/.exec(key);
  return match && `${rulePath(match[1]!, match[2]!)}${query({ monitor: key })}`;
}

/** `/rules/policy/rule`. */
export function rulePath(policy: string, rule: string): string {
  return `/rules/${encodeKey(policy)}/${encodeKey(rule)}`;
}

export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%40', '@');
}

/** A query string of what is set: `?a=1&b=x`, or nothing. */
export function query(parameters: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
