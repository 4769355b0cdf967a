import { formatDuration, parseDuration } from '../../../../core/units.ts';
import { duration } from '../../../language/schema-words.ts';
import { createExchange } from '../../exchange.ts';
import { stopped, timingsOf } from '../connect.ts';
import { defineProtocol } from '../protocol.ts';

interface PauseSpec {
  readonly lengthMs: number;
}

/** A run keeps its place among those that may run at the same time. */
const LONGEST_MS = 3_600_000;

/** Lets time pass. */
export const protocol = defineProtocol<PauseSpec>({
  kind: 'pause',
  key: 'pause',
  answers: false,
  keys: { pause: duration('Waits this long before the next step. The attempt’s timeout holds as well.', '2s') },
  check({ pause }) {
    const lengthMs = typeof pause === 'string' ? parseDuration(pause) : undefined;
    if (lengthMs === undefined || lengthMs <= LONGEST_MS) return [];
    return [{ path: ['pause'], part: 'value', message: 'pause must be at most 1h' }];
  },
  compile: ({ pause }) => ({ lengthMs: parseDuration(String(pause))! }),
  describe: ({ lengthMs }) => ({ method: 'PAUSE', route: formatDuration(lengthMs) }),
  async perform({ lengthMs }, { abort, clock }) {
    const start = clock.monotonic();
    const timings = () => timingsOf(null, { start, sent: null, firstByte: null, end: clock.monotonic() });
    try {
      await clock.timer(lengthMs, abort);
    } catch {
      const words = `the pause of ${formatDuration(lengthMs)} was not over`;
      const error = stopped(abort, { words, hint: 'give the scenario a longer timeout' });
      return { request: null, exchange: null, timings: timings(), error };
    }
    const exchange = createExchange({
      request: { method: 'PAUSE', url: '' },
      response: { status: null, headers: {}, body: new Uint8Array() },
      timings: timings(),
      at: clock.now(),
    });
    return { request: null, exchange, timings: exchange.timings, error: null };
  },
});
