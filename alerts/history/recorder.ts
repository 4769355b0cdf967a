import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import type { SeriesAnswer } from '../rules/signal.ts';
import type { AnswerHistory, AskedQuestion, StoredSegment } from './history.ts';
import { encodeSegment } from './segment.ts';

/** What a watcher that is killed has not kept yet. */
const WRITE_EVERY_MS = 60_000;
const PRUNE_EVERY_MS = 3_600_000;
/** A rule watches no more series than that. */
const MOST_GROUPS = 1_000;
/** Of all answers of a minute together, so that memory and disk stay bounded: 10,000 series each 15 s. */
const MOST_VALUES = 40_000;
/** Segments that wait for a disk that takes nothing. */
const MOST_WAITING = 10;

export interface AnswerRecorderDeps {
  clock: Clock;
  history: AnswerHistory;
  retentionMs: number;
  log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
  };
}

/** `kept`: on disk. `left_out`: too many series to keep. `lost`: the disk took nothing for too long. */
export type RecordedCounts = Record<'kept' | 'left_out' | 'lost', number>;

export interface AnswerRecorder extends Component {
  /** Takes note, without waiting for anything. Never throws. */
  heard(asked: AskedQuestion): void;
  /** Answers since the start. */
  counts(): RecordedCounts;
}

/**
 * Keeps what rules were answered, for `alerts replay`. It writes in batches and waits beside the chain: a disk that takes
 * nothing costs history and never a page. What is not kept is counted, and missing when it is read.
 */
export function createAnswerRecorder({ clock, history, retentionMs, log }: AnswerRecorderDeps): AnswerRecorder {
  const life = clock.now();
  const stopping = new AbortController();
  const counts: RecordedCounts = { kept: 0, left_out: 0, lost: 0 };
  let asked: AskedQuestion[] = [];
  let values = 0;
  let waiting: { segment: StoredSegment; answers: number }[] = [];
  let trouble = false;
  let crowded = false;
  let loop: Promise<void> | null = null;

  function tell(error: Error | null): void {
    if (trouble === (error !== null)) return;
    trouble = error !== null;
    if (error) log.warn({ err: error }, 'what rules are answered cannot be kept for now; alerts replay will miss it');
    else log.info({ lost: counts.lost }, 'what rules are answered is kept again');
  }

  async function seal(): Promise<void> {
    const own = asked;
    asked = [];
    values = 0;
    crowded = false;
    if (own.length === 0) return;
    const times = own.map(({ at }) => at);
    const span = { from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)) };
    waiting.push({ segment: { ...span, body: await encodeSegment(life, own) }, answers: own.length });
    for (const { answers } of waiting.splice(0, Math.max(0, waiting.length - MOST_WAITING))) counts.lost += answers;
  }

  async function write(): Promise<void> {
    await seal();
    try {
      for (let next = waiting[0]; next; next = waiting[0]) {
        await history.append(next.segment);
        counts.kept += next.answers;
        waiting.shift();
      }
      tell(null);
    } catch (error) {
      tell(toError(error));
    }
  }

  async function run(): Promise<void> {
    let prune = clock.monotonic();
    while (!stopping.signal.aborted) {
      if (clock.monotonic() >= prune) {
        prune += PRUNE_EVERY_MS;
        await history
          .prune(clock.now() - retentionMs)
          .catch((error) => log.warn({ err: toError(error) }, 'old answers of rules could not be removed'));
      }
      await clock.timer(WRITE_EVERY_MS, stopping.signal).catch(() => undefined);
      if (!stopping.signal.aborted) await write();
    }
  }

  async function last(): Promise<void> {
    await loop;
    await write();
  }

  return {
    heard(one) {
      const groups = (one.answer as SeriesAnswer | null)?.groups?.length ?? 1;
      if (groups > MOST_GROUPS || values + groups > MOST_VALUES) {
        counts.left_out++;
        if (!crowded)
          log.warn({ question: one.question, series: groups }, 'too many series to keep what a rule is answered');
        crowded = true;
        return;
      }
      values += Math.max(1, groups);
      asked.push(one);
    },
    counts: () => ({ ...counts }),
    async start() {
      loop ??= run();
    },
    async shutdown(abort) {
      stopping.abort();
      // A disk that hangs holds nobody up either.
      await Promise.race([last(), aborted(abort)]);
      for (const { answers } of waiting) counts.lost += answers;
      waiting = [];
    },
  };
}

function aborted(abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort.aborted) resolve();
    else abort.addEventListener('abort', () => resolve(), { once: true });
  });
}
