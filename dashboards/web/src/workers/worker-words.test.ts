import { expect, test } from '@jest/globals';
import type { WorkerLocation, WorkerStatus } from '../../../../control/resources.ts';
import { locationWords, outcomesWords, startCommand, workersWords } from './worker-words.ts';

const location = (more: Partial<WorkerLocation>): WorkerLocation => ({
  name: 'seoul',
  monitors: ['a@local'],
  connected: 1,
  capacity: 5,
  running: 0,
  waiting: 0,
  lag_ms: 0,
  outcomes: {},
  ...more,
});
const worker = { connected: true } as WorkerStatus;

test.each<[Partial<WorkerLocation>, string]>([
  [{}, 'passing: 1 worker'],
  [{ connected: 0 }, 'failing: nobody serves it'],
  [{ connected: 0, monitors: [] }, 'no_data: no worker, and none is needed'],
  [{ waiting: 2 }, 'passing: 1 worker'],
  [{ waiting: 2, running: 5 }, 'failing: no room: start another worker'],
])('a location with %j reads %s', (more, words) => {
  const told = locationWords(location(more));
  expect(`${told.tone}: ${told.words}`).toBe(words);
});

test('the heading names what is missing before it counts', () => {
  expect(workersWords([], [])).toBe('No workers');
  expect(workersWords([worker, worker], [location({ connected: 2 })])).toBe('2 workers in 1 location');
  expect(workersWords([worker], [location({}), location({ name: 'tokyo', connected: 0 })])).toBe('Nobody serves tokyo');
});

test('outcomes in words, and a command that holds no token', () => {
  expect(outcomesWords({ counted: 120, not_done: 3, known: 0 })).toBe('120 counted, 3 not done');
  expect(outcomesWords({})).toBe('none yet');
  expect(startCommand('https://r.example.com', 'seoul')).toBe(
    'RINGDOWN_TOKEN=… npx ringdown worker --watcher https://r.example.com --location seoul',
  );
});
