import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { type ScheduledMonitor, Scheduler, type SchedulerOptions } from './scheduler.ts';

const START = Date.UTC(2026, 0, 1);

interface Fired {
  key: string;
  at: number;
  scheduledAt: number;
}

/** A scheduler on a virtual clock whose runs last as long as `runMs` says. */
function bench(options: Partial<SchedulerOptions> & { runMs?: (key: string) => number } = {}) {
  const clock = new VirtualClock(START);
  const fired: Fired[] = [];
  const skipped: { key: string; reason: string }[] = [];
  const faults: string[] = [];
  const slips: number[] = [];
  const active = new Map<string, number>();
  let overlaps = 0;
  let most = 0;
  const scheduler = new Scheduler({
    clock,
    concurrency: 100,
    run: async (key, scheduledAt, abort) => {
      fired.push({ key, at: clock.monotonic(), scheduledAt });
      active.set(key, (active.get(key) ?? 0) + 1);
      if (active.get(key)! > 1) overlaps++;
      most = Math.max(
        most,
        [...active.values()].reduce((sum, count) => sum + count, 0),
      );
      try {
        const lasts = options.runMs?.(key) ?? 0;
        if (lasts > 0) await clock.timer(lasts, abort);
      } catch {
        // The run was aborted, which is its end.
      } finally {
        active.set(key, active.get(key)! - 1);
      }
    },
    onSkip: (key, _at, reason) => skipped.push({ key, reason }),
    onSlip: (_key, slip) => slips.push(slip),
    onFault: (key, error) => faults.push(`${key}: ${error.message}`),
    ...options,
  });
  return { clock, scheduler, fired, skipped, faults, slips, overlaps: () => overlaps, most: () => most };
}

const every = (key: string, everyMs: number, more: object = {}): ScheduledMonitor => ({
  key,
  schedule: { kind: 'every', everyMs, ...more },
});

const gaps = (fired: Fired[]) => fired.slice(1).map((run, index) => run.at - fired[index]!.at);

describe('intervals', () => {
  test('the first run comes within a second, and the following ones keep the interval without drift', async () => {
    const { clock, scheduler, fired } = bench({ runMs: () => 1_234 });
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    await clock.advance(600_000);
    expect(fired[0]!.at).toBeLessThan(1_000);
    expect(fired.length).toBeGreaterThanOrEqual(60);
    expect(new Set(gaps(fired).slice(1))).toEqual(new Set([10_000]));
    expect(gaps(fired)[0]).toBeGreaterThanOrEqual(5_000);
  });

  test('a monitor added later runs promptly, a removed one never again', async () => {
    const { clock, scheduler, fired } = bench();
    await scheduler.start();
    await clock.advance(5_000);
    scheduler.set(every('a@local', 10_000));
    await clock.advance(1_000);
    expect(fired).toHaveLength(1);
    scheduler.remove('a@local');
    await clock.advance(60_000);
    expect(fired).toHaveLength(1);
  });

  test('while failing its own interval counts, and the old one returns after', async () => {
    const { clock, scheduler, fired } = bench();
    const monitor = every('a@local', 60_000, { whileFailingMs: 5_000 });
    scheduler.set(monitor);
    await scheduler.start();
    await clock.advance(1_000);
    scheduler.set({ ...monitor, failing: true });
    await clock.advance(30_000);
    expect(gaps(fired)).toEqual([5_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
    scheduler.set({ ...monitor, failing: false });
    const before = fired.length;
    await clock.advance(180_000);
    expect(fired.length - before).toBe(3);
  });

  test('setting what is known already moves no fire', async () => {
    const { clock, scheduler, fired } = bench();
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    for (let second = 0; second < 120; second++) {
      scheduler.set(every('a@local', 10_000));
      await clock.advance(1_000);
    }
    expect(fired.length).toBeGreaterThanOrEqual(12);
  });

  test('a paused monitor does not run by itself and has no next run', async () => {
    const { clock, scheduler, fired } = bench();
    scheduler.set({ ...every('a@local', 1_000), paused: true });
    await scheduler.start();
    await clock.advance(10_000);
    expect(fired).toHaveLength(0);
    expect(scheduler.nextRunAt('a@local')).toBeNull();
    scheduler.set(every('a@local', 1_000));
    await clock.advance(2_000);
    expect(fired.length).toBeGreaterThanOrEqual(1);
  });
});

describe('overlap and concurrency', () => {
  test('a slot that comes due while the monitor still runs is skipped and counted', async () => {
    const { clock, scheduler, fired, skipped, overlaps } = bench({ runMs: () => 2_500 });
    scheduler.set(every('slow@local', 1_000));
    await scheduler.start();
    await clock.advance(30_000);
    expect(overlaps()).toBe(0);
    expect(fired.length).toBeGreaterThanOrEqual(9);
    expect(fired.length).toBeLessThanOrEqual(11);
    expect(skipped.length).toBeGreaterThanOrEqual(18);
    expect(new Set(skipped.map((skip) => skip.reason))).toEqual(new Set(['running']));
  });

  test('the cap holds, everyone gets a turn, and slip is told', async () => {
    const { clock, scheduler, fired, most, slips, overlaps } = bench({ runMs: () => 400, concurrency: 5 });
    for (let index = 0; index < 40; index++) scheduler.set(every(`m${index}@local`, 2_000));
    await scheduler.start();
    await clock.advance(60_000);
    expect(most()).toBe(5);
    expect(overlaps()).toBe(0);
    const counts = Array.from(
      { length: 40 },
      (_, index) => fired.filter((run) => run.key === `m${index}@local`).length,
    );
    // 12.5 runs a second fit: 750 in a minute over 40 monitors.
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(15);
    expect(Math.max(...slips)).toBeGreaterThan(100);
  });

  test('a run by hand starts at once, above the cap, and never beside itself', async () => {
    const { clock, scheduler, fired } = bench({ runMs: () => 60_000, concurrency: 1 });
    scheduler.set(every('busy@local', 600_000));
    scheduler.set({ key: 'hand@local', schedule: null });
    await scheduler.start();
    await clock.advance(2_000);
    expect(scheduler.runNow('hand@local')).toBe('started');
    expect(scheduler.runNow('hand@local')).toBe('running');
    expect(scheduler.running('hand@local')).toBe(true);
    expect(scheduler.runNow('nobody@local')).toBe('unknown');
    expect(fired.map((run) => run.key)).toEqual(['busy@local', 'hand@local']);
  });

  test('a monitor that is removed and set anew while it runs waits for its old run, then begins promptly', async () => {
    const ends: (() => void)[] = [];
    const started: number[] = [];
    const { clock, scheduler } = bench({
      run: async () => {
        started.push(clock.monotonic());
        // Deaf to its abort for a while, as a run is that has a clean-up to do.
        await new Promise<void>((resolve) => ends.push(resolve));
      },
    });
    scheduler.set(every('a@local', 60_000));
    await scheduler.start();
    await clock.advance(1_000);
    for (const _ of [1, 2]) {
      scheduler.remove('a@local');
      scheduler.set(every('a@local', 1_000));
    }
    await clock.advance(10_000);
    expect(started).toHaveLength(1);
    expect(scheduler.running('a@local')).toBe(true);
    expect(scheduler.runNow('a@local')).toBe('running');
    ends.shift()!();
    await clock.advance(1_000);
    expect(started).toHaveLength(2);
    scheduler.remove('a@local');
    ends.shift()!();
    await clock.advance(10_000);
    expect(started).toHaveLength(2);
  });

  test('a run that rejects is told as a fault and the monitor goes on', async () => {
    let runs = 0;
    const { clock, scheduler, faults } = bench({
      run: async () => {
        runs++;
        throw new Error('broken');
      },
    });
    scheduler.set(every('a@local', 1_000));
    await scheduler.start();
    await clock.advance(10_000);
    expect(runs).toBeGreaterThanOrEqual(9);
    expect(faults[0]).toBe('a@local: broken');
  });
});

test('says how late it is: nothing while runs start in time, more and more while there is no room', async () => {
  const { clock, scheduler } = bench({ concurrency: 1, runMs: (key) => (key === 'hung@local' ? 300_000 : 0) });
  scheduler.set(every('hung@local', 600_000));
  await scheduler.start();
  await clock.advance(2_000);
  expect(scheduler.behindMs()).toBe(0);
  scheduler.set(every('waits@local', 10_000));
  await clock.advance(60_000);
  expect(scheduler.behindMs()).toBeGreaterThan(50_000);
  await clock.advance(300_000);
  expect(scheduler.behindMs()).toBe(0);
});

describe('clock steps', () => {
  test.each([3_600_000, -3_600_000])('an interval does not notice a step of %i ms', async (step) => {
    const { clock, scheduler, fired } = bench();
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    await clock.advance(60_000);
    clock.step(step);
    await clock.advance(60_000);
    expect(new Set(gaps(fired).slice(1))).toEqual(new Set([10_000]));
    const last = fired.at(-1)!;
    expect(last.scheduledAt).toBe(START + step + last.at);
  });

  const cron = (expression: string): ScheduledMonitor => ({
    key: 'c@local',
    schedule: { kind: 'cron', cron: expression, timezone: 'UTC' },
  });

  test('a clock set forward over a fixed time fires it once, at once', async () => {
    const { clock, scheduler, fired } = bench();
    scheduler.set(cron('30 1 * * *'));
    await scheduler.start();
    await clock.advance(3_600_000);
    expect(fired).toHaveLength(1);
    clock.step(3_600_000);
    await clock.advance(2_000);
    expect(fired.map((run) => run.scheduledAt).slice(1)).toEqual([START + 5_400_000]);
    await clock.advance(3_600_000 * 5);
    expect(fired).toHaveLength(2);
  });

  test('a clock set back an hour does not repeat a fixed time', async () => {
    const { clock, scheduler, fired } = bench();
    scheduler.set(cron('30 1 * * *'));
    await scheduler.start();
    await clock.advance(5_400_000 + 60_000);
    expect(fired).toHaveLength(2);
    clock.step(-3_600_000);
    await clock.advance(7_200_000);
    expect(fired).toHaveLength(2);
    await clock.advance(86_400_000);
    expect(fired).toHaveLength(3);
  }, 60_000);

  test('a clock set back a moment does not repeat a slot, set back an hour it does not stop the checks', async () => {
    const { clock, scheduler, fired } = bench();
    scheduler.set(cron('*/5 * * * *'));
    await scheduler.start();
    await clock.advance(301_000);
    expect(fired).toHaveLength(2);
    clock.step(-3_000);
    await clock.advance(10_000);
    expect(fired).toHaveLength(2);
    clock.step(-3_600_000);
    await clock.advance(601_000);
    expect(fired).toHaveLength(4);
  });

  test('after a standstill of ten minutes a monitor runs once, not sixty times', async () => {
    const { clock, scheduler, fired, skipped } = bench();
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    await clock.advance(30_000);
    const before = fired.length;
    const asleep = clock.monotonic.bind(clock);
    clock.monotonic = () => asleep() + 600_000;
    await clock.advance(1_500);
    expect(fired.length - before).toBe(1);
    expect(skipped.map((skip) => skip.reason)).toEqual(['stalled']);
    await clock.advance(20_000);
    expect(fired.length - before).toBe(3);
  });
});

describe('life', () => {
  test('shutdown waits for the runs under way and starts nothing more', async () => {
    const { clock, scheduler, fired } = bench({ runMs: () => 5_000 });
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    await scheduler.start();
    await clock.advance(2_000);
    let ended = false;
    const ending = scheduler.shutdown(new AbortController().signal).then(() => {
      ended = true;
    });
    await clock.advance(1_000);
    expect(ended).toBe(false);
    await clock.advance(60_000);
    await ending;
    expect(fired).toHaveLength(1);
    expect(clock.pending).toBe(0);
    expect(scheduler.runNow('a@local')).toBe('ended');
  });

  test('shutdown at once aborts the runs', async () => {
    const { clock, scheduler } = bench({ runMs: () => 3_600_000 });
    scheduler.set(every('a@local', 10_000));
    await scheduler.start();
    await clock.advance(2_000);
    await scheduler.shutdown(AbortSignal.abort());
    await clock.advance(0);
    expect(scheduler.running('a@local')).toBe(false);
  });

  test('shutdown before start is harmless', async () => {
    const { scheduler, clock } = bench();
    await scheduler.shutdown(new AbortController().signal);
    await scheduler.start();
    expect(clock.pending).toBe(0);
  });
});

test('10,000 monitors of a minute are spread: no second carries more than twice its share', async () => {
  const { clock, scheduler, fired, skipped } = bench({ concurrency: 10_000 });
  for (let index = 0; index < 10_000; index++) scheduler.set(every(`m${index}@local`, 60_000));
  await scheduler.start();
  await clock.advance(10_000);
  const perSecond = new Map<number, number>();
  for (const { at } of fired) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1);
  expect(Math.max(...perSecond.values())).toBeLessThan(340);
  expect(skipped).toEqual([]);
  await scheduler.shutdown(AbortSignal.abort());
});
