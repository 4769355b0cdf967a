import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { toError } from '../core/errors.ts';
import type { PostRepository } from './posts/post.ts';
import type { SessionRepository } from './sessions/session.ts';

const EVERY_MS = 3_600_000;
/** How long what has ended is kept. */
const KEEP_SESSIONS_MS = 86_400_000;
const KEEP_DELETED_POSTS_MS = 7 * 86_400_000;

/** Forgets ended sessions and deleted posts, hourly until aborted: a scenario leaves some of both with each run. */
export async function keepHouse(
  deps: { sessions: SessionRepository; posts: PostRepository; clock: Clock; log: FastifyBaseLogger },
  abort: AbortSignal,
): Promise<void> {
  const { sessions, posts, clock, log } = deps;
  while (!abort.aborted) {
    try {
      const now = clock.now();
      const purged = {
        sessions: await sessions.purge(now - KEEP_SESSIONS_MS),
        posts: await posts.purge(now - KEEP_DELETED_POSTS_MS),
      };
      if (purged.sessions + purged.posts > 0) log.info({ purged }, 'forgot what has ended');
    } catch (error) {
      log.error({ err: toError(error) }, 'housekeeping failed; it will be tried again in an hour');
    }
    await clock.timer(EVERY_MS, abort).catch((error: unknown) => {
      if (!abort.aborted) throw error;
    });
  }
}
