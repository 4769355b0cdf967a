import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { passedRun } from '../../scenarios/reporters/testing/sample-runs.ts';
import type { JobReport } from '../../scenarios/workers/protocol.ts';
import { Outbox } from './outbox.ts';
import type { Asked } from './watcher-client.ts';

const report = (lease: string): JobReport => ({ lease, refused: 'no secret' });
const away = { trouble: 'away', reason: 'refused' } as const;

function outbox(answers: (report: JobReport) => Asked<unknown>) {
  const clock = new VirtualClock();
  const sent: JobReport[] = [];
  const lost: string[] = [];
  const box = new Outbox({
    clock,
    random: () => 0.5,
    send: async (one) => {
      sent.push(one);
      return answers(one);
    },
    onLost: ({ lease }) => lost.push(lease),
  });
  return { clock, sent, lost, box };
}

test('what a watcher that is away does not take is sent again, in order, with its true age', async () => {
  let tries = 0;
  const { clock, sent, lost, box } = outbox(() => (++tries <= 3 ? away : { answer: {} }));
  const end = new AbortController();
  const drained = box.drain(end.signal, new AbortController().signal);
  box.put({ lease: 'a', run: passedRun, ended_ms_ago: 0 }, 10);
  box.put(report('b'), 10);
  await clock.advance(10_000);
  end.abort();
  await drained;
  expect(sent.map(({ lease }) => lease)).toEqual(['a', 'a', 'a', 'a', 'b']);
  const ages = sent.flatMap((one) => ('run' in one ? [one.ended_ms_ago] : []));
  expect(ages).toEqual(ages.toSorted((one, other) => one - other));
  expect(ages.at(-1)).toBeGreaterThan(500);
  expect([lost, box.size]).toEqual([[], 0]);
});

test('what is refused for good is told and holds nothing up', async () => {
  const { sent, lost, box } = outbox(({ lease }) =>
    lease === 'a' ? { trouble: 'refused', reason: 'INVALID_RUN' } : { answer: {} },
  );
  box.put(report('a'), 10);
  box.put(report('b'), 10);
  const end = new AbortController();
  end.abort();
  await box.drain(end.signal, new AbortController().signal);
  expect(sent.map(({ lease }) => lease)).toEqual(['a', 'b']);
  expect(lost).toEqual(['a']);
});

test('it is bounded in number and in bytes; the oldest go, and it is told', () => {
  const { lost, box } = outbox(() => away);
  for (let n = 0; n < 2_010; n++) box.put(report(String(n)), 10);
  expect([box.size, lost.length, lost[0]]).toEqual([2_000, 10, '0']);
  box.put(report('large'), 64 * 2 ** 20);
  expect(box.size).toBe(1);
});
