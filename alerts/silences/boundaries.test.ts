import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { Boundaries } from './boundaries.ts';
import type { Silence } from './silence.ts';

const HOUR_MS = 3_600_000;

test('a silence keeps its end though the clock was set back and another one came after that', async () => {
  const clock = new VirtualClock();
  const over: string[] = [];
  const boundaries = new Boundaries(clock, (ids) => over.push(...ids));
  const silence = (id: string): Silence => ({
    id,
    matchers: [],
    starts_at: new Date(clock.now()).toISOString(),
    ends_at: new Date(clock.now() + 2 * HOUR_MS).toISOString(),
    reason: 'deploying',
    created_by: 'kim',
    created_at: new Date(clock.now()).toISOString(),
    ended_by: null,
  });
  const first = silence('first');
  boundaries.watch([first], []);
  await clock.advance(HOUR_MS);
  clock.step(-HOUR_MS);
  boundaries.watch([first, silence('second')], []);
  await clock.advance(HOUR_MS);
  expect(over).toEqual(['first']);
  boundaries.stop();
});
