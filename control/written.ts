import type { ControlDeps } from './deps.ts';
import { HttpProblem } from './problems.ts';

/**
 * Whoever hears that something was done must find it done after a restart.
 * @returns what was done, once it is on disk
 * @throws HttpProblem 503 `NOT_WRITTEN` while the state database does not answer
 */
export async function written<Done>(deps: Pick<ControlDeps, 'written'>, done: Done): Promise<Done> {
  if (await deps.written()) return done;
  throw new HttpProblem(
    503,
    'NOT_WRITTEN',
    'it counts from now on, but cannot be written down: the state database does not answer, and a restart of the watcher would forget it. Look whether it stands once the database answers again, and repeat it if not; /readyz and the log say what is wrong',
  );
}
