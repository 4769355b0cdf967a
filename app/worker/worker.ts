import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { backoffMs } from '../../core/retry.ts';
import { HEARTBEAT_MS, type Job, LONGEST_WAIT_MS } from '../../scenarios/workers/protocol.ts';
import type { JobRunner } from './job-runner.ts';
import { Outbox } from './outbox.ts';
import type { WatcherClient } from './watcher-client.ts';

export interface WorkerDeps {
  clock: Clock;
  log: Logger;
  random: () => number;
  client: WatcherClient;
  runner: Pick<JobRunner, 'run'>;
  concurrency: number;
  /** The watcher answers: for the first time, or again. */
  onConnected(): void;
}

const BACKOFF = { firstMs: 250, maxMs: 5_000 };

/**
 * A worker's life: asks for runs, makes them, tells what became of them. A watcher that is away is asked again for as
 * long as it takes.
 * @param end ends it gracefully: no new runs, and those under way are told of
 * @param abort ends it at once
 * @throws RingdownError `TURNED_AWAY` when the watcher wants nothing of it: another version, or a wrong token
 */
export async function work(deps: WorkerDeps, end: AbortSignal, abort: AbortSignal): Promise<void> {
  const { clock, log, client, runner, concurrency } = deps;
  const running = new Map<string, Promise<void>>();
  let connected = false;
  let turnedAway: string | null = null;
  let slotFreed: () => void = () => {};
  const polling = new AbortController();
  const stopped = new AbortController();
  const over = AbortSignal.any([abort, stopped.signal]);
  const ending = AbortSignal.any([end, over, polling.signal]);

  const outbox = new Outbox({
    clock,
    random: deps.random,
    send: (report, signal) => client.report(report, signal),
    onLost: ({ lease }, reason) => log.error({ lease }, `a result could not be delivered: ${reason}`),
  });

  function heard(trouble: { trouble: string; reason: string } | null): void {
    if (trouble?.trouble === 'turned_away') {
      turnedAway ??= trouble.reason;
      stopped.abort(new Error(trouble.reason));
    } else if (trouble && connected) log.warn(`the watcher does not answer: ${trouble.reason}; it is asked again`);
    else if (!trouble && !connected) deps.onConnected();
    connected = trouble === null;
  }

  function begin(job: Job): void {
    const run: Promise<void> = runner
      .run(job, over)
      .then((made) => made && outbox.put(made.report, made.bytes))
      .catch((err) => log.error({ err, monitor: job.monitor }, 'a run failed inside the worker'))
      .finally(() => {
        running.delete(job.lease);
        slotFreed();
      });
    running.set(job.lease, run);
  }

  async function poll(): Promise<void> {
    let failures = 0;
    while (!ending.aborted) {
      const capacity = concurrency - running.size;
      if (capacity <= 0) {
        await new Promise<void>((resolve) => {
          slotFreed = resolve;
          ending.addEventListener('abort', () => resolve(), { once: true });
        });
        continue;
      }
      const askedAt = clock.monotonic();
      const asked = await client.lease(capacity, LONGEST_WAIT_MS, ending);
      if ('answer' in asked) {
        failures = 0;
        heard(null);
        for (const job of asked.answer.jobs) begin(job);
        // A watcher that ends answers at once.
        const quick = asked.answer.jobs.length === 0 && clock.monotonic() - askedAt < LONGEST_WAIT_MS / 2;
        if (quick) await clock.timer(BACKOFF.firstMs, ending).catch(() => {});
        continue;
      }
      if (ending.aborted) return;
      heard(asked);
      await clock.timer(backoffMs(BACKOFF, ++failures, deps.random), ending).catch(() => {});
    }
  }

  async function beat(): Promise<void> {
    while (!over.aborted) {
      await clock.timer(HEARTBEAT_MS, over).catch(() => {});
      if (running.size > 0 && !over.aborted) await client.heartbeat([...running.keys()], over);
    }
  }

  const drained = new AbortController();
  const beating = beat();
  const draining = outbox.drain(drained.signal, over);
  await poll();
  await Promise.all(running.values());
  drained.abort();
  await draining;
  stopped.abort(new Error('the worker ends'));
  await beating;
  if (turnedAway === null) return;
  throw new RingdownError('TURNED_AWAY', `the watcher turns this worker away: ${turnedAway}`, { exitCode: EXIT.usage });
}
