import { expect, test } from '@jest/globals';
import { LEASE_LENGTHS, LeaseBook } from './lease-book.ts';
import type { WorkerHello } from './protocol.ts';

const { waitsMs, leaseMs, offlineMs } = LEASE_LENGTHS;
const worker = (id: string, location = 'seoul'): WorkerHello => ({ id, location, version: '1', concurrency: 5 });
const order = (monitor = 'posts@local', location = 'seoul') => ({ monitor, location, work: monitor, budgetMs: 40_000 });

function book() {
  let ids = 0;
  return new LeaseBook<string>(() => `lease-${++ids}`);
}

test('an order goes to one worker of its location, and its answer counts once', () => {
  const leases = book();
  leases.offer(order(), 0);
  expect(leases.take(worker('far', 'frankfurt'), 5, 1)).toEqual([]);
  expect(leases.take(worker('a'), 5, 1)).toEqual([{ lease: 'lease-1', order: order() }]);
  expect(leases.take(worker('b'), 5, 1)).toEqual([]);
  expect(leases.settle('lease-1', 'b')).toBeUndefined();
  expect(leases.settle('lease-1', 'a')?.outcome).toBe('counted');
  expect(leases.settle('lease-1', 'a')?.outcome).toBe('known');
  expect(leases.expire(1_000_000)).toEqual([]);
});

test('a location has one open order of a monitor, and other locations are free', () => {
  const leases = book();
  expect(leases.offer(order(), 0)).toBe(true);
  expect(leases.offer(order(), 1)).toBe(false);
  expect(leases.offer(order('posts@local', 'frankfurt'), 1)).toBe(true);
  leases.settle(leases.take(worker('a'), 1, 2)[0]!.lease, 'a');
  expect(leases.offer(order(), 3)).toBe(true);
});

test('what nobody takes was not done, and the reason tells why', () => {
  const leases = book();
  leases.offer(order(), 0);
  expect(leases.expire(waitsMs - 1)).toEqual([]);
  expect(leases.expire(waitsMs)).toEqual([{ order: order(), reason: 'no worker in seoul has been heard of' }]);
  leases.see(worker('a'), waitsMs);
  leases.offer(order(), waitsMs + 60_000);
  expect(leases.expire(waitsMs * 2 + 60_000)).toMatchObject([
    { reason: 'no worker in seoul has been heard of for 70 s' },
  ]);
  leases.offer(order(), 200_000);
  leases.see(worker('a'), 200_000 + waitsMs);
  expect(leases.expire(200_000 + waitsMs)).toMatchObject([{ reason: 'the workers in seoul had no room for it' }]);
});

test('a worker that goes silent loses its lease; where it was the only one, the run was not done', () => {
  const leases = book();
  leases.offer(order(), 0);
  const [{ lease } = { lease: '' }] = leases.take(worker('a'), 1, 0);
  leases.renew(worker('a'), [lease], 10_000);
  expect(leases.expire(10_000 + leaseMs - 1)).toEqual([]);
  expect(leases.expire(10_000 + leaseMs)).toMatchObject([{ reason: 'the worker in seoul went silent' }]);
  // Its answer comes after all.
  expect(leases.settle(lease, 'a')?.outcome).toBe('late');
});

test('another worker of the location gets it, and whoever answers first is believed', () => {
  for (const first of ['a', 'b']) {
    const leases = book();
    leases.offer(order(), 0);
    const [lost] = leases.take(worker('a'), 1, 0);
    leases.see(worker('b'), leaseMs);
    expect(leases.expire(leaseMs)).toEqual([]);
    expect(leases.take(worker('a'), 1, leaseMs)).toEqual([]);
    const [again] = leases.take(worker('b'), 1, leaseMs);
    const answers = [
      { lease: lost!.lease, by: 'a' },
      { lease: again!.lease, by: 'b' },
    ];
    if (first === 'b') answers.reverse();
    expect(answers.map(({ lease, by }) => leases.settle(lease, by)?.outcome)).toEqual(['counted', 'late']);
  }
});

test('a worker that lives but never ends a run does not hold it for ever', () => {
  const leases = book();
  leases.offer(order(), 0);
  const [{ lease } = { lease: '' }] = leases.take(worker('a'), 1, 0);
  for (let now = 0; now < 40_000; now += 5_000) {
    leases.renew(worker('a'), [lease], now);
    expect(leases.expire(now)).toEqual([]);
  }
  expect(leases.expire(40_000)).toMatchObject([{ reason: 'the worker in seoul did not end the run in time' }]);
});

test('what was given with an answer that never arrived waits again, also for the same worker', () => {
  const leases = book();
  leases.offer(order(), 0);
  const [first] = leases.take(worker('a'), 1, 0);
  leases.handBack([first!.lease]);
  const [second] = leases.take(worker('a'), 1, 1);
  expect(second!.lease).not.toBe(first!.lease);
  expect(leases.settle(second!.lease, 'a')?.outcome).toBe('counted');
});

test('the end of a monitor is the end of its orders', () => {
  const leases = book();
  leases.offer(order(), 0);
  leases.offer(order('other@local'), 0);
  const [given] = leases.take(worker('a'), 1, 0);
  leases.drop('posts@local');
  expect(leases.pending('posts@local')).toBe(false);
  expect(leases.settle(given!.lease, 'a')?.outcome).toBe('late');
  expect(leases.take(worker('b'), 5, 0)).toMatchObject([{ order: { monitor: 'other@local' } }]);
});

test('workers are known with what they do, and offline after a minute', () => {
  const leases = book();
  leases.offer(order(), 0);
  leases.take(worker('a'), 1, 0);
  expect(leases.workers(offlineMs - 1)).toMatchObject([{ id: 'a', connected: true, running: 1 }]);
  expect(leases.workers(offlineMs)).toMatchObject([{ id: 'a', connected: false }]);
});

test('one that asks first leaves something for the others', () => {
  const leases = book();
  for (let n = 0; n < 30; n++) leases.offer(order(`m${n}@local`), 0);
  expect(leases.take(worker('a'), 50, 0)).toHaveLength(10);
  expect(leases.take(worker('b'), 3, 0).map(({ order: { monitor } }) => monitor)).toEqual([
    'm10@local',
    'm11@local',
    'm12@local',
  ]);
});

test('what each worker runs, and what waits for one and since when, can be seen', () => {
  const leases = book();
  leases.offer(order(), 0);
  leases.offer(order('health@local'), 500);
  expect(leases.waiting().get('seoul')).toEqual({ count: 2, since: 0 });
  leases.take(worker('a'), 1, 1_000);
  expect(leases.workers(2_000)).toMatchObject([{ running: 1, runs: [{ monitor: 'posts@local', grantedAt: 1_000 }] }]);
  expect(leases.waiting().get('seoul')).toEqual({ count: 1, since: 500 });
});
