import axios from 'axios';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';

export interface DeadManSettings {
  url: string;
  everyMs: number;
}

/** Tells somebody outside that the watcher is well. @throws when that did not arrive */
export type Ping = (url: string, abort: AbortSignal) => Promise<void>;

const PING_MS = 10_000;
/** Asked anew soon: an outage must not look longer than it was. */
const AGAIN_MS = 5_000;

/**
 * Calls a URL every so often while all is well, so that somebody outside rings when the calls stay away: the one alarm
 * that outlives this process. Says nothing, rather than "not well", while there is trouble: silence is what alarms.
 */
export async function keepAlive(
  settings: DeadManSettings,
  deps: {
    clock: Clock;
    userAgent: string;
    /** Why it should stay away; empty while all is well. */
    reasonsForSilence(): readonly string[];
    /** It is called again (null), or is not, and why. Told once each time. */
    onChange(trouble: string | null): void;
    ping?: Ping;
  },
  abort: AbortSignal,
): Promise<void> {
  const { clock } = deps;
  const ping = deps.ping ?? pingOverHttp(deps.userAgent);
  let trouble: string | null = null;
  const tell = (now: string | null) => {
    if (now === trouble) return;
    trouble = now;
    deps.onChange(now);
  };
  while (!abort.aborted) {
    const silence = deps.reasonsForSilence();
    if (silence.length > 0) tell(`not called: ${silence.join('; ')}`);
    else {
      const failure = await attempt(ping, settings.url, clock, abort);
      if (abort.aborted) return;
      tell(failure);
    }
    const pause = trouble === null ? settings.everyMs : Math.min(AGAIN_MS, settings.everyMs);
    await clock.timer(pause, abort).catch(() => {});
  }
}

/** @returns why it did not arrive; null when it did */
async function attempt(ping: Ping, url: string, clock: Clock, abort: AbortSignal): Promise<string | null> {
  const over = new AbortController();
  const tooLong = clock.timer(PING_MS, AbortSignal.any([abort, over.signal])).then(
    () => Promise.reject(new Error('no answer within 10 s')),
    () => undefined, // it answered, or the watcher ends
  );
  try {
    await Promise.race([ping(url, AbortSignal.any([abort, over.signal])), tooLong]);
    return null;
  } catch (thrown) {
    // The URL itself is the key to the check: it stays out of the log.
    return `cannot be called: ${toError(thrown).message.replaceAll(url, '[url]')}`;
  } finally {
    over.abort(new Error('over'));
  }
}

function pingOverHttp(userAgent: string): Ping {
  return async (url, abort) => {
    const { status } = await axios.get(url, {
      signal: abort,
      proxy: false,
      maxRedirects: 3,
      maxContentLength: 65_536,
      headers: { 'user-agent': userAgent },
      validateStatus: () => true,
    });
    if (status < 200 || status >= 300) throw new Error(`answered ${status}`);
  };
}
