import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../../../core/testing/virtual-clock.ts';
import { TimeUp } from '../../http/time-up.ts';
import { performStep } from '../testing/perform-step.ts';

test('a pause takes its time and no longer', async () => {
  const clock = new VirtualClock();
  let over = false;
  const performed = performStep({ pause: '2s' }, { clock }).then((outcome) => {
    over = true;
    return outcome;
  });
  await clock.advance(1_999);
  expect(over).toBe(false);
  await clock.advance(1);
  const { error, timings, exchange } = await performed;
  expect(error).toBeNull();
  expect(timings!.total_ms).toBe(2_000);
  expect(exchange!.response.status).toBeNull();
});

test('a pause that is longer than the time that is left ends with it', async () => {
  const time = new AbortController();
  const performed = performStep({ pause: '1m' }, { clock: new VirtualClock(), abort: time.signal });
  time.abort(new TimeUp(500));
  expect((await performed).error).toMatchObject({
    kind: 'timeout',
    message: 'the pause of 1 min was not over within 500 ms',
  });
});

test('an hour is the longest pause', async () => {
  await expect(performStep({ pause: '2h' })).rejects.toThrow('pause must be at most 1h');
});
