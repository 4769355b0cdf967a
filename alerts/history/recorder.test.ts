import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { SignalQuestion } from '../rules/signal.ts';
import { questionKey } from './history.ts';
import { createAnswerRecorder } from './recorder.ts';
import { decodeSegment } from './segment.ts';
import { MemoryHistory } from './testing/memory-history.ts';

const question: SignalQuestion = { of: 'backend', name: 'elk', window_ms: 60_000 };

function begin() {
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 3));
  const history = new MemoryHistory();
  const said: string[] = [];
  const log = {
    info: (_: object, message: string) => void said.push(message),
    warn: (_: object, message: string) => void said.push(message),
  };
  const recorder = createAnswerRecorder({ clock, history, retentionMs: 86_400_000, log });
  const hear = (lost: number, groups = 0) =>
    recorder.heard({
      question,
      at: clock.now(),
      every_ms: 15_000,
      answer:
        groups === 0
          ? { lag_ms: 0, lost }
          : {
              unit: '1',
              groups: Array.from({ length: groups }, (_, n) => ({ labels: { n: `${n}` }, value: n, samples: 1 })),
            },
    });
  return { clock, history, said, recorder, hear };
}

/** Compressing is done on other threads. */
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

test('answers of a minute are one segment, and the rest is written at the end', async () => {
  const { clock, history, recorder, hear } = begin();
  await recorder.start();
  for (let turn = 0; turn < 4; turn++) {
    hear(turn);
    await clock.advance(15_000);
  }
  await until(() => history.segments.length === 1);
  hear(4);
  await recorder.shutdown(AbortSignal.timeout(5_000));
  const read = await Promise.all(history.segments.map((segment) => decodeSegment(segment!.body)));
  const answers = read.map((segment) => segment!.turns.get(questionKey(question))!.map(({ answer }) => answer));
  expect(answers).toEqual([[0, 1, 2, 3].map((lost) => ({ lag_ms: 0, lost })), [{ lag_ms: 0, lost: 4 }]]);
  expect(recorder.counts()).toEqual({ kept: 5, left_out: 0, lost: 0 });
  expect(history.pruned).toEqual([Date.UTC(2026, 10, 22, 3)]);
});

test('a disk that takes nothing is told once; what it refuses is written later, and what is too much is counted', async () => {
  const { clock, history, said, recorder, hear } = begin();
  history.trouble = 'no space left on device';
  await recorder.start();
  for (let minute = 0; minute < 14; minute++) {
    hear(minute);
    await clock.advance(60_000);
    await until(() => clock.pending > 0);
  }
  expect(recorder.counts()).toEqual({ kept: 0, left_out: 0, lost: 4 });
  history.trouble = null;
  await clock.advance(60_000);
  await until(() => recorder.counts().kept === 10);
  expect(said).toEqual([expect.stringContaining('cannot be kept'), expect.stringContaining('kept again')]);
  await recorder.shutdown(AbortSignal.timeout(5_000));
});

test('an answer of too many series, and too many of them in a minute, are left out and counted', async () => {
  const { clock, history, said, recorder, hear } = begin();
  await recorder.start();
  hear(0, 1_001);
  for (let n = 0; n < 50; n++) hear(0, 1_000);
  expect(recorder.counts()).toMatchObject({ left_out: 11 });
  await clock.advance(60_000);
  await until(() => history.segments.length === 1);
  hear(0, 1_000);
  await recorder.shutdown(AbortSignal.timeout(5_000));
  expect(recorder.counts()).toEqual({ kept: 41, left_out: 11, lost: 0 });
  expect(said).toEqual([expect.stringContaining('too many series')]);
});
