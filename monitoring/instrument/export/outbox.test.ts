import { describe, expect, jest, test } from '@jest/globals';
import { newCounters } from './counters.ts';
import { Outbox, type Parcel } from './outbox.ts';
import type { Sent, Transport } from './transport.ts';

const ACCEPTED: Sent = { status: 'accepted', rejected: 0, reason: undefined };
const BUSY: Sent = { status: 'retryable', reason: 'HTTP 503', retryAfterMs: undefined };

/** A receiver whose answers the test gives. */
function build(limitBytes = 1_000_000) {
  const open: { items: number; answer: (sent: Sent) => void }[] = [];
  const transport: Transport = {
    send: (_signal, body, _size, abort) =>
      new Promise((resolve) => {
        open.push({ items: body[0]!.length, answer: resolve });
        abort.addEventListener('abort', () => resolve({ ...BUSY, reason: 'aborted' } as Sent));
      }),
    close: () => {},
  };
  const counters = newCounters();
  const warnings: string[] = [];
  let now = 0;
  const outbox = new Outbox({
    transport,
    counters,
    limitBytes,
    connections: 2,
    warn: (message) => warnings.push(message),
    now: () => now,
    random: () => 1,
  });
  let released = 0;
  const parcel = (items: number): Parcel => ({
    signal: 'traces',
    items,
    sizeBytes: items * 100,
    body: [Buffer.alloc(items)],
    release: () => {
      released++;
    },
  });
  const answer = async (sent: Sent) => {
    open.shift()!.answer(sent);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    outbox,
    counters,
    warnings,
    open,
    parcel,
    answer,
    released: () => released,
    pass: (ms: number) => (now += ms),
  };
}

describe('the outbox', () => {
  test('sends at most two at a time and counts what was accepted and rejected', async () => {
    const { outbox, counters, open, parcel, answer, released } = build();
    for (const items of [5, 7, 9]) outbox.put(parcel(items));
    expect(open.map(({ items }) => items)).toEqual([5, 7]);
    await answer({ status: 'accepted', rejected: 2, reason: 'old' });
    expect(open.map(({ items }) => items)).toEqual([7, 9]);
    await answer(ACCEPTED);
    await answer({ status: 'failure', reason: 'HTTP 400' });
    expect(counters.traces).toMatchObject({ exported: 3 + 7, rejected: 2 + 9, dropped: 0 });
    expect(outbox.pendingBytes).toBe(0);
    expect(released()).toBe(3);
  });

  test('drops the newest beyond its limit, counts it, and says so once a minute', () => {
    const { outbox, counters, warnings, parcel, pass } = build(4_000);
    outbox.put(parcel(10));
    outbox.put(parcel(50));
    outbox.put(parcel(50));
    expect(counters.traces.dropped).toBe(100);
    expect(warnings).toHaveLength(1);
    pass(60_000);
    outbox.put(parcel(50));
    expect(warnings).toHaveLength(2);
    expect(outbox.pendingBytes).toBeLessThanOrEqual(4_000);
  });

  test('retries after growing pauses, one request at a time, and loses nothing', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { outbox, counters, open, parcel, answer } = build();
      outbox.put(parcel(1));
      await answer(BUSY);
      outbox.put(parcel(2));
      outbox.put(parcel(3));
      expect(open).toHaveLength(0);
      jest.advanceTimersByTime(499);
      expect(open).toHaveLength(0);
      jest.advanceTimersByTime(1);
      expect(open.map(({ items }) => items)).toEqual([1]);
      await answer(BUSY);
      jest.advanceTimersByTime(999);
      expect(open).toHaveLength(0);
      jest.advanceTimersByTime(1);
      await answer(ACCEPTED);
      expect(open.map(({ items }) => items)).toEqual([2, 3]);
      await answer(ACCEPTED);
      await answer(ACCEPTED);
      expect(counters.traces.exported).toBe(6);
    } finally {
      jest.useRealTimers();
    }
  });

  test('a receiver that was away for long is found again within 5 s', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { outbox, counters, open, parcel, answer } = build();
      outbox.put(parcel(1));
      for (let failures = 0; failures < 20; failures++) {
        await answer(BUSY);
        jest.advanceTimersByTime(5_000);
        expect(open).toHaveLength(1);
      }
      await answer(ACCEPTED);
      expect(counters.traces.exported).toBeGreaterThan(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    [20_000, 20_000],
    [10 * 86_400_000, 300_000],
  ])('a receiver that asks for %i ms is asked again after %i ms', async (retryAfterMs, waitedMs) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { outbox, open, parcel, answer } = build();
      outbox.put(parcel(1));
      await answer({ status: 'retryable', reason: 'HTTP 429', retryAfterMs });
      jest.advanceTimersByTime(waitedMs - 1);
      expect(open).toHaveLength(0);
      jest.advanceTimersByTime(1);
      expect(open).toHaveLength(1);
    } finally {
      jest.useRealTimers();
    }
  });

  test('gives what waits one more try when it closes, and counts the rest as dropped', async () => {
    const { outbox, counters, parcel, open, answer } = build();
    outbox.put(parcel(1));
    await answer(BUSY);
    outbox.put(parcel(2));
    const closed = outbox.close(1000);
    expect(open).toHaveLength(2);
    await answer(ACCEPTED);
    await answer(BUSY);
    await closed;
    expect(counters.traces).toMatchObject({ exported: 1, dropped: 2 });
  });

  test('counts what comes after it has closed as dropped', async () => {
    const { outbox, counters, parcel, open, released } = build();
    await outbox.close(1000);
    outbox.put(parcel(3));
    expect(open).toHaveLength(0);
    expect(counters.traces.dropped).toBe(3);
    expect(released()).toBe(1);
  });

  test('does not wait longer than its deadline for a receiver that is silent', async () => {
    const { outbox, counters, parcel } = build();
    outbox.put(parcel(4));
    await outbox.close(20);
    expect(counters.traces.dropped).toBe(4);
  });
});
