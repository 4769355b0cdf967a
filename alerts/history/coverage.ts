import type { AnswerHistory } from './history.ts';
import { decodeSegment, type Turn } from './segment.ts';

/** Half-open: from ≤ t < to. Wall-clock milliseconds. */
export interface Stretch {
  from: number;
  to: number;
}

/** Of what there is history. */
export interface Coverage {
  /** By the key of the question; what is not in it was never recorded in that time. */
  questions: ReadonlyMap<string, QuestionCoverage>;
  /** When watchers began that wrote it, the last one before the time included; in their order. */
  lives: readonly number[];
  /** Turns of rules that were asked for. */
  answers: number;
  /** Segments that could not be read. */
  damaged: number;
}

export interface QuestionCoverage {
  /** In their order, none touching the next. */
  recorded: readonly Stretch[];
  /** Of each life, a turn: the others are multiples of the interval away from it. */
  turns: readonly { life: number; at: number }[];
}

/** An answer stands for its own turn and for half of the next interval: a turn that is a little late leaves no gap. */
export function holdsUntil({ at, every_ms }: Pick<Turn, 'at' | 'every_ms'>): number {
  return at + 1.5 * every_ms;
}

/**
 * Reads of what in a time there is history; what was said is not kept in memory.
 * @param keys of the questions that matter
 * @param leadMs how much earlier an answer may have been given that still stands at the beginning
 */
export async function readCoverage(
  history: AnswerHistory,
  { from, to }: Stretch,
  keys: ReadonlySet<string>,
  leadMs: number,
): Promise<Coverage> {
  const questions = new Map<string, { recorded: Stretch[]; turns: { life: number; at: number }[] }>();
  const lives = new Set<number>();
  let answers = 0;
  let damaged = 0;
  for await (const stored of history.between(from - leadMs, to)) {
    const segment = stored && (await decodeSegment(stored.body));
    if (!segment) {
      damaged++;
      continue;
    }
    lives.add(segment.life);
    for (const [key, turns] of segment.turns) {
      if (!keys.has(key)) continue;
      const known = questions.get(key) ?? { recorded: [], turns: [] };
      questions.set(key, known);
      if (known.turns.at(-1)?.life !== segment.life) known.turns.push({ life: segment.life, at: turns[0]!.at });
      for (const turn of turns) {
        if (turn.at >= from && turn.at < to) answers++;
        add(known.recorded, { from: Math.max(from, turn.at), to: Math.min(to, holdsUntil(turn)) });
      }
    }
  }
  const all = [...lives].sort((a, b) => a - b);
  const first = Math.max(
    0,
    all.findLastIndex((life) => life <= from),
  );
  return { questions, lives: all.slice(first).filter((life) => life < to), answers, damaged };
}

/** What of a time is not in all of these; each of them in order. */
export function missingIn({ from, to }: Stretch, recorded: readonly (readonly Stretch[])[]): Stretch[] {
  const missing: Stretch[] = [];
  for (const stretches of recorded) {
    let at = from;
    for (const stretch of stretches) {
      if (stretch.from > at) missing.push({ from: at, to: stretch.from });
      at = Math.max(at, stretch.to);
    }
    if (at < to) missing.push({ from: at, to });
  }
  const together: Stretch[] = [];
  for (const stretch of missing.sort((a, b) => a.from - b.from)) add(together, stretch);
  return together;
}

/** Adds one that begins no earlier than those before it, unless a clock was set back: then it goes to its place. */
function add(stretches: Stretch[], next: Stretch): void {
  if (next.from >= next.to) return;
  const last = stretches.at(-1);
  if (!last || next.from > last.to) stretches.push({ ...next });
  else if (next.from >= last.from) last.to = Math.max(last.to, next.to);
  else {
    const others = [...stretches.splice(0), { ...next }].sort((a, b) => a.from - b.from);
    for (const one of others) add(stretches, one);
  }
}
