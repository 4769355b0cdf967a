/** A failure that somebody asked for. */
export interface Fault {
  /** As given: `posts`, `/v1/posts`, `POST /v1/posts`. */
  route: string;
  /** HTTP status that the route answers with; null only delays. */
  status: number | null;
  latency_ms: number;
  /** Share of requests that are hit, above 0 and up to 1. */
  rate: number;
}

export interface Target {
  method: string | undefined;
  /** A path prefix when it begins with a slash, else one word of the route's path. */
  place: string;
}

/** Faults themselves stay reachable, or nobody could mend what they broke. */
export const FAULTS_PATH = '/__faults';
const HEALTH_PATH = '/healthz';

/** @returns undefined when `route` is not `[METHOD ](/path|word)` */
export function parseTarget(route: string): Target | undefined {
  const match = /^(?:([A-Za-z]+) +)?(\/\S*|[^\s/]+)$/.exec(route.trim());
  return match ? { method: match[1]?.toUpperCase(), place: match[2]! } : undefined;
}

/**
 * Whether a fault on `target` strikes a request.
 * @param pattern the route as declared, e.g. `/v1/posts/:id`
 * @param path as requested, without the query
 */
export function strikes(target: Target, method: string, pattern: string, path: string): boolean {
  return (
    concerns(target, method, pattern) &&
    (!target.place.startsWith('/') || isPrefix(target.place, path) || isPrefix(target.place, pattern))
  );
}

/** Whether some request of this route could be struck: a person who mistypes a route should hear of it. */
export function concerns({ method: wanted, place }: Target, method: string, pattern: string): boolean {
  if (pattern === FAULTS_PATH) return false;
  if (wanted !== undefined && wanted !== method) return false;
  if (!place.startsWith('/')) return pattern.split('/').includes(place);
  // `/` means the whole service, but a service that reports itself dead is another experiment, to be asked for by name.
  if (pattern === HEALTH_PATH) return segments(place).length > 0 && isPrefix(place, HEALTH_PATH);
  return isPrefix(place, pattern, (segment) => segment.startsWith(':'));
}

function isPrefix(prefix: string, path: string, isWildcard = (_segment: string) => false): boolean {
  const there = segments(path);
  const wanted = segments(prefix);
  return wanted.length <= there.length && wanted.every((segment, i) => segment === there[i] || isWildcard(there[i]!));
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}
