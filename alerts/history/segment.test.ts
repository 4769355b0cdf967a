import { expect, test } from '@jest/globals';
import type { SignalAnswer, SignalQuestion } from '../rules/signal.ts';
import { type AskedQuestion, questionKey } from './history.ts';
import { decodeSegment, encodeSegment } from './segment.ts';

const START = Date.UTC(2026, 10, 23, 3);
const EVERY = 15_000;
const slow: SignalQuestion = {
  of: 'metric',
  metric: 'm',
  aggregate: 'p95',
  where: { 'service.name': 'api', zone: 'a' },
  by: [],
  window_ms: 300_000,
  offset_ms: 0,
};
const beat: SignalQuestion = { of: 'heartbeat', name: 'nightly' };
const groups = (...values: (number | null)[]) =>
  values.map((value, index) => ({ labels: { 'http.route': `/${index}`, ['__proto__']: 'x' }, value, samples: index }));
const turns = (question: SignalQuestion, answers: (SignalAnswer | null)[]): AskedQuestion[] =>
  answers.map((answer, index) => ({ question, at: START + index * EVERY, every_ms: EVERY, answer }));

test('what was answered is what is read again: series, records, nothing, and what could not be asked', async () => {
  const answers: (SignalAnswer | null)[] = [
    { unit: 's', groups: groups(0.25, null, 1e-9) },
    { unit: 's', groups: groups(0.25, null, 1e-9) },
    null,
    null,
    { unit: null, groups: [] },
    { unit: 's', groups: groups(7).reverse() },
  ];
  const beats = [
    { known_since: '2026-11-23T00:00:00.000Z', last_at: null, failed: false, message: null },
    { known_since: '2026-11-23T00:00:00.000Z', last_at: '2026-11-23T03:00:10.000Z', failed: true, message: 'disk' },
  ];
  const segment = await decodeSegment(await encodeSegment(START - 1, [...turns(slow, answers), ...turns(beat, beats)]));
  expect(segment?.life).toBe(START - 1);
  const read = (question: SignalQuestion) => segment!.turns.get(questionKey(question))!;
  expect(read(slow).map(({ answer }) => answer)).toEqual(answers);
  expect(read(beat).map(({ answer }) => answer)).toEqual(beats);
  expect(read(slow).map(({ at, every_ms }) => [at - START, every_ms])).toEqual(
    answers.map((_, index) => [index * EVERY, EVERY]),
  );
});

test('two rules that ask the same share its turns, each with its interval', async () => {
  const { where, ...others } = slow as typeof slow & { where: object };
  const same = { where: Object.fromEntries(Object.entries(where).reverse()), ...others } as SignalQuestion;
  const asked = [
    { question: slow, at: START, every_ms: EVERY, answer: null },
    { question: same, at: START + 7_000, every_ms: 60_000, answer: null },
    { question: slow, at: START + EVERY, every_ms: EVERY, answer: null },
  ];
  const { turns: read } = (await decodeSegment(await encodeSegment(0, asked)))!;
  expect([...read.values()].map((own) => own.map(({ every_ms }) => every_ms))).toEqual([[EVERY, 60_000, EVERY]]);
});

test('whichever byte is damaged, what is read is what was written, or nothing; nothing is thrown', async () => {
  const body = await encodeSegment(0, turns(slow, [{ unit: 's', groups: groups(1, 2) }, null]));
  const whole = await decodeSegment(body);
  let damages = 0;
  for (let at = 0; at < body.length; at++) {
    const damaged = Uint8Array.from(body);
    damaged[at]! ^= 0x10;
    const read = await decodeSegment(damaged);
    if (read === null) damages++;
    else expect([at, read]).toEqual([at, whole]);
  }
  expect(damages).toBeGreaterThan(body.length - 20);
  expect(await decodeSegment(body.subarray(0, body.length - 1))).toBeNull();
  expect(await decodeSegment(new Uint8Array())).toBeNull();
});
