import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { WorkerDesk } from './desk.ts';
import type { NotDone } from './lease-book.ts';

const worker = (id: string) => ({ id, location: 'seoul', version: '1', concurrency: 5 });
const order = (monitor: string) => ({ monitor, location: 'seoul', work: monitor, budgetMs: 40_000 });
const never = new AbortController().signal;

function desk() {
  const clock = new VirtualClock();
  const lost: NotDone<string>[] = [];
  let ids = 0;
  const made = new WorkerDesk<string>({ clock, newId: () => `lease-${++ids}`, onNotDone: (one) => lost.push(one) });
  return { clock, lost, desk: made };
}

test('a worker that waits gets an order at once', async () => {
  const { desk: workers } = desk();
  const waiting = workers.lease(worker('a'), 1, 10_000, never);
  workers.offer(order('posts@local'));
  expect(await waiting).toMatchObject([{ order: { monitor: 'posts@local' } }]);
});

test('it waits no longer than it said', async () => {
  const { clock, desk: workers } = desk();
  const waiting = workers.lease(worker('a'), 1, 3_000, never);
  await clock.advance(3_000);
  expect(await waiting).toEqual([]);
});

test('a question that its worker has given up gets nothing; the new one does', async () => {
  const { desk: workers } = desk();
  const dead = workers.lease(worker('a'), 1, 10_000, never);
  const alive = workers.lease(worker('a'), 1, 10_000, never);
  workers.offer(order('posts@local'));
  expect(await dead).toEqual([]);
  expect(await alive).toHaveLength(1);
});

test('who is gone gets nothing, and the order waits for the next', async () => {
  const { desk: workers } = desk();
  const gone = new AbortController();
  const waiting = workers.lease(worker('a'), 1, 10_000, gone.signal);
  gone.abort(new Error('the connection was lost'));
  workers.offer(order('posts@local'));
  expect(await waiting).toEqual([]);
  expect(await workers.lease(worker('b'), 1, 0, never)).toHaveLength(1);
});

test('what nobody does is told, once', async () => {
  const { clock, desk: workers, lost } = desk();
  await workers.start();
  workers.offer(order('posts@local'));
  await clock.advance(60_000);
  expect(lost).toHaveLength(1);
  await workers.shutdown();
});
