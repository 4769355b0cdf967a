import { readCoverage, type Stretch } from '../history/coverage.ts';
import { type AnswerHistory, type AskedQuestion, questionKey, type StoredSegment } from '../history/history.ts';
import { decodeSegment, encodeSegment } from '../history/segment.ts';
import { isScenarioRule, type Policy, type SignalRule } from '../policies/policy.ts';
import { ruleKinds } from '../rules/registry.ts';
import type { SeriesAnswer, SeriesQuestion } from '../rules/signal.ts';

/** Of all rules together; each is a query to a store that is busy with the present. */
const MOST_ASKED = 3_000;
/** A watcher writes once a minute: what lies further apart was not listened to in between. */
const LISTENED_MS = 120_000;

/** What telemetry can be asked for a past moment. */
export type PastQuestion = Extract<SeriesQuestion, { of: 'metric' | 'logs' | 'requests' }>;

export interface PastTelemetry {
  /** As the question would have been answered at `at`, wall-clock milliseconds. Rejects where it cannot be asked. */
  ask(question: PastQuestion, at: number): Promise<SeriesAnswer>;
  /** Wall-clock milliseconds: what is older may have been deleted, and would be taken for nothing. */
  oldest: number;
}

/** A rule whose question nobody asked then. */
export interface FilledIn {
  rule: string;
  /** How far apart it was asked now. */
  every_ms: number;
  answers: number;
}

export interface Filled {
  history: AnswerHistory;
  filled: readonly FilledIn[];
  /** Why no more could be asked. */
  trouble: string | null;
}

/**
 * Asks telemetry now what was not asked then: another window, filter, aggregate or `by`. Only of times at which a watcher
 * recorded anything at all, and that telemetry reaches back to: elsewhere silence would say nothing.
 */
export async function fillIn(
  history: AnswerHistory,
  span: Stretch,
  sides: readonly (readonly Policy[])[],
  past: PastTelemetry,
): Promise<Filled> {
  const missing = await unasked(history, span, sides);
  const listened = missing.length === 0 ? [] : await listenedTimes(history, span);
  const segments: StoredSegment[] = [];
  const filled: FilledIn[] = [];
  let trouble: string | null = null;
  const time = listened.reduce((sum, { from, to }) => sum + to - from, 0);
  const questions = missing.reduce((sum, one) => sum + one.questions.length, 0);
  for (const { name, every_ms, questions: own } of missing) {
    const every = Math.max(every_ms, Math.ceil((time * questions) / MOST_ASKED / 1_000) * 1_000);
    let answers = 0;
    try {
      for (const { from, to, life } of listened) {
        const asked: AskedQuestion[] = [];
        for (let at = from; at < to; at += every) {
          for (const question of own) {
            if (at - question.window_ms - question.offset_ms < past.oldest) continue;
            asked.push({ question, at, every_ms: every, answer: await past.ask(question, at) });
          }
        }
        if (asked.length === 0) continue;
        answers += asked.length;
        const ends = { from: asked[0]!.at, to: asked.at(-1)!.at };
        segments.push({ ...ends, body: await encodeSegment(life, asked) });
      }
    } catch (error) {
      trouble = (error as Error).message;
    }
    if (answers > 0) filled.push({ rule: name, every_ms: every, answers });
    if (trouble !== null) break;
  }
  return { history: together(history, segments), filled, trouble };
}

/** Rules that ask telemetry something of which nothing at all is recorded in that time. */
async function unasked(history: AnswerHistory, span: Stretch, sides: readonly (readonly Policy[])[]) {
  const rules = sides
    .flat()
    .flatMap(({ id, rules: all }) =>
      all
        .filter((rule): rule is SignalRule => !isScenarioRule(rule))
        .map((rule) => ({ name: `${id}/${rule.id}`, every_ms: rule.every_ms, questions: questionsOf(rule) })),
    );
  const keys = new Set(rules.flatMap(({ questions }) => questions.map(questionKey)));
  if (keys.size === 0) return [];
  const { questions: recorded } = await readCoverage(history, span, keys, 0);
  const seen = new Set(recorded.keys());
  return rules.flatMap((rule) => {
    const own = rule.questions.filter((question) => !seen.has(questionKey(question)));
    for (const question of own) seen.add(questionKey(question));
    return own.length === 0 ? [] : [{ ...rule, questions: own }];
  });
}

function questionsOf(rule: SignalRule): PastQuestion[] {
  const questions = ruleKinds.get(rule.kind)?.questions(rule.spec, 0) ?? [];
  return questions.filter(
    (question): question is PastQuestion =>
      question.of === 'metric' || question.of === 'logs' || question.of === 'requests',
  );
}

/** When watchers wrote anything down, life by life. */
async function listenedTimes(history: AnswerHistory, span: Stretch): Promise<(Stretch & { life: number })[]> {
  const found: (Stretch & { life: number })[] = [];
  for await (const stored of history.between(span.from, span.to)) {
    const segment = stored && (await decodeSegment(stored.body));
    if (!segment || !stored) continue;
    const [from, to] = [Math.max(span.from, stored.from), Math.min(span.to, stored.to)];
    const last = found.at(-1);
    if (last && last.life === segment.life && from - last.to <= LISTENED_MS) last.to = Math.max(last.to, to);
    else if (from < to) found.push({ from, to, life: segment.life });
  }
  return found;
}

/** What was recorded, and what was asked now, in the order of their times. */
function together(history: AnswerHistory, more: readonly StoredSegment[]): AnswerHistory {
  if (more.length === 0) return history;
  const sorted = [...more].sort((a, b) => a.from - b.from);
  return {
    append: (segment) => history.append(segment),
    prune: (before) => history.prune(before),
    async *between(from, to) {
      const waiting = sorted.filter((segment) => segment.to >= from && segment.from <= to);
      for await (const segment of history.between(from, to)) {
        while (segment && waiting[0] && waiting[0].from <= segment.from) yield waiting.shift()!;
        yield segment;
      }
      yield* waiting;
    },
  };
}
