import type { Repeat } from '../language/model.ts';
import type { AssertionResult } from '../run-result.ts';
import type { ExchangeError } from './http/network-error.ts';
import { TimeUp } from './http/time-up.ts';
import { allPassed } from './judging.ts';
import type { Performed, ProtocolContext } from './protocols/protocol.ts';
import { templateFailure } from './template-failure.ts';
import { waitOr } from './wait.ts';

/** What all tries came to. */
export interface Tried {
  /** Of the last try. */
  readonly performed: Performed;
  readonly tries: number;
  /** What `until` says to the last answer, first of all whether it was reached. Empty where there was no answer. */
  readonly assertions: readonly AssertionResult[];
}

/** Statuses of earlier tries that a message names. */
const MOST_NAMED = 10;

/** Problems that the next try would only meet again. */
const HOPELESS: readonly ExchangeError['kind'][] = ['template', 'refused_target'];

/**
 * Performs a step until all of `until` holds, `at_most` is reached or time is up. What fails on the way is a try that did not
 * reach it; only the last try counts.
 */
export async function performUntil(
  { until, everyMs, atMost }: Repeat,
  perform: () => Promise<Performed>,
  context: Pick<ProtocolContext, 'judge' | 'clock' | 'abort'>,
): Promise<Tried> {
  const { abort } = context;
  const course: string[] = [];
  for (let tries = 1; ; tries++) {
    const performed = await perform();
    const { exchange, error } = performed;
    const said = exchange && !error ? context.judge(until, exchange) : null;
    course.push(error?.code ?? String(exchange?.response.status ?? 'answered'));
    if (said?.error) return { performed: { ...performed, error: templateFailure(said.error) }, tries, assertions: [] };
    if (said && allPassed(said.results)) {
      return { performed, tries, assertions: [reached(tries, course), ...said.results] };
    }
    if (tries < atMost && !abort.aborted && !(error && HOPELESS.includes(error.kind))) {
      await waitOr(context.clock, everyMs, abort);
      if (!abort.aborted) continue;
    }
    if (!said) return { performed: { ...performed, error: error && withTries(error, tries) }, tries, assertions: [] };
    const broken = said.results.find(({ passed }) => !passed)!;
    return { performed, tries, assertions: [notReached(broken, tries, course, abort), ...said.results] };
  }
}

function withTries(error: ExchangeError, tries: number): ExchangeError {
  return tries === 1 ? error : { ...error, message: `${error.message} (try ${tries})` };
}

function reached(tries: number, course: readonly string[]): AssertionResult {
  const message = `until was reached at try ${tries}${tries > 1 ? ` (${inShort(course)})` : ''}`;
  return {
    kind: 'repeat',
    subject: 'until',
    operator: 'until',
    expected: 'reached',
    actual: 'reached',
    passed: true,
    message,
  };
}

function notReached(
  broken: AssertionResult,
  tries: number,
  course: readonly string[],
  { aborted, reason }: AbortSignal,
): AssertionResult {
  const counted = `${tries} ${tries === 1 ? 'try' : 'tries'}`;
  const when = aborted && reason instanceof TimeUp ? `when time was up, after ${counted}` : `after ${counted}`;
  return {
    kind: 'repeat',
    subject: broken.subject,
    operator: 'until',
    expected: broken.expected,
    actual: broken.actual,
    passed: false,
    message: `until was not reached ${when}: ${broken.message} (${inShort(course)})`,
  };
}

/** `202 four times, 200`. */
function inShort(course: readonly string[]): string {
  const runs: { what: string; times: number }[] = [];
  for (const what of course) {
    const last = runs.at(-1);
    if (last?.what === what) last.times++;
    else runs.push({ what, times: 1 });
  }
  const named = runs.slice(-MOST_NAMED).map(({ what, times }) => (times > 1 ? `${what} × ${times}` : what));
  return [...(runs.length > MOST_NAMED ? ['…'] : []), ...named].join(', ');
}
