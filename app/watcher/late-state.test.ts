import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { openState } from '../../storage/state.ts';
import { LateState } from './late-state.ts';

test('rejects with the latest reason until the database opens, and is that database from then on', async () => {
  const clock = new VirtualClock();
  const database = await openState(':memory:');
  const answers = [() => Promise.reject(new Error('still locked')), () => Promise.resolve(database)];
  const state = new LateState(new Error('locked'), () => answers.shift()!(), clock);
  await expect(state.alerts.load()).rejects.toThrow('locked');
  await clock.advance(2_000);
  await expect(state.runs.find('run-1')).rejects.toThrow('still locked');
  await clock.advance(2_000);
  expect(await state.runs.find('run-1')).toBeNull();
  expect(await state.alerts.load()).toMatchObject({ monitors: [], deliveries: [] });
  await state.close();
  await expect(state.runs.find('run-1')).rejects.toThrow();
});

test('is closed before it ever opened', async () => {
  const state = new LateState(new Error('locked'), () => Promise.reject(new Error('locked')), new VirtualClock());
  await state.close();
});
