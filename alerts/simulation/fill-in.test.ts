import { expect, test } from '@jest/globals';
import type { AskedQuestion } from '../history/history.ts';
import { MemoryHistory } from '../history/testing/memory-history.ts';
import type { Policy } from '../policies/policy.ts';
import { policyOf } from '../rules/testing/bench.ts';
import { ScriptedSource } from '../rules/testing/scripted-source.ts';
import { fillIn, type PastTelemetry } from './fill-in.ts';
import { compareOnRecording } from './replay.ts';

const START = Date.UTC(2026, 10, 23, 3);
const MINUTE = 60_000;
const span = { from: START, to: START + 60 * MINUTE };
const policyWith = (window: string, more = '') =>
  policyOf([
    `{ id: slow, threshold: { of: { metric: m, aggregate: max, window: ${window} }, is: { gt: 500ms } }${more} }`,
  ]);
const NOW = policyWith('1m');

/** What a watcher wrote that listened from the 10th to the 20th minute, and from the 30th to the 50th. */
async function recorded(): Promise<MemoryHistory> {
  const history = new MemoryHistory();
  const question = { of: 'backend' as const, name: 'elk', window_ms: MINUTE };
  for (const [from, to] of [
    [10, 20],
    [30, 50],
  ] as const) {
    const asked = Array.from({ length: (to - from) * 4 + 1 }, (_, turn): AskedQuestion => {
      return { question, at: START + from * MINUTE + turn * 15_000, every_ms: 15_000, answer: { lag_ms: 0, lost: 0 } };
    });
    await history.keep(START + from * MINUTE, asked);
  }
  return history;
}

/** It is slow from the 40th to the 42nd minute. */
function telemetry(asked: number[], oldest = 0): PastTelemetry {
  let now = 0;
  const source = new ScriptedSource(() => now);
  const value = (minute: number) => (minute >= 40 && minute < 42 ? 900 : 100);
  const samples = Array.from({ length: 720 }, (_, n): [number, number] => [START + n * 5_000, value(n / 12)]);
  source.add({ of: 'metric', labels: { metric: 'm' }, unit: 'ms', samples });
  return {
    oldest,
    async ask(question, at) {
      asked.push(at);
      now = at;
      return source.answer(question) as never;
    },
  };
}

const compare = async (history: MemoryHistory, past: PastTelemetry, before: Policy, after: Policy) => {
  const { history: answers, ...said } = await fillIn(history, span, [[before], [after]], past);
  const setup = { channels: [{ name: 'all', events: [] as never }] };
  const recording = { start: span.from, end: span.to, given: [], answers };
  return { ...said, ...(await compareOnRecording(setup, { before: [before], after: [after] }, recording)) };
};

test('a question that nobody asked then is asked now, of the times alone at which a watcher listened', async () => {
  const asked: number[] = [];
  const told = await compare(await recorded(), telemetry(asked), policyWith('2m'), policyWith('4m', ', for: 5m'));
  expect(told).toMatchObject({ trouble: null, left_out: [], before: { pages: 1 }, after: { pages: 1 } });
  const first = (side: 'before' | 'after') => told.divergences.find((one) => one[side].length > 0)?.at;
  expect(first('before')).toBe(new Date(START + 40 * MINUTE).toISOString());
  expect(first('after')).toBe(new Date(START + 45 * MINUTE).toISOString());
  const minutes = asked.map((at) => (at - START) / MINUTE);
  expect(minutes.every((at) => (at >= 10 && at <= 20) || (at >= 30 && at <= 50))).toBe(true);
  expect(told.gaps.map(({ missing }) => missing.map(({ from }) => from.slice(14, 16)))).toEqual([['00', '20', '50']]);
});

test('what is asked is bounded: a long time is asked at longer intervals', async () => {
  const asked: number[] = [];
  const rules = Array.from({ length: 60 }, (_, n) => {
    const of = `metric: m, aggregate: max, where: { n: "${n}" }, window: 1m`;
    return `{ id: r${n}, every: 1s, threshold: { of: { ${of} }, is: { gt: 500ms } } }`;
  });
  const policy = policyOf(rules);
  const { filled } = await fillIn(await recorded(), span, [[policy], [policy]], telemetry(asked));
  expect(filled).toHaveLength(60);
  expect(asked.length).toBeGreaterThan(2_000);
  // Each stretch begins with one more.
  expect(asked.length).toBeLessThanOrEqual(3_000 + 2 * 60);
});

test('what telemetry no longer reaches back to is missing, and so is everything where it cannot be asked', async () => {
  const old = await compare(await recorded(), telemetry([], START + 35 * MINUTE), NOW, NOW);
  expect(old.gaps[0]!.missing[0]).toMatchObject({ from: new Date(START).toISOString() });
  expect(Date.parse(old.gaps[0]!.missing[0]!.to)).toBeGreaterThanOrEqual(START + 36 * MINUTE);
  expect(old.before.pages).toBe(1);
  const ask = () => Promise.reject(new Error('the watcher does not answer'));
  const away = await compare(await recorded(), { oldest: 0, ask }, NOW, NOW);
  expect(away).toMatchObject({ trouble: 'the watcher does not answer', left_out: ['p/slow'], filled: [] });
});

test('without any history nobody knows whether anybody listened: nothing is asked', async () => {
  const asked: number[] = [];
  const { filled, trouble } = await fillIn(new MemoryHistory(), span, [[NOW], [NOW]], telemetry(asked));
  expect([asked, filled, trouble]).toEqual([[], [], null]);
});
