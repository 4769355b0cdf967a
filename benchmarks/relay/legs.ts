import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import type { BackendSettings } from '../../monitoring/exporter.ts';
import { type Relay, superviseRelay } from '../../monitoring/relay/supervisor.ts';
import { groupCpuMicros } from '../../test/backends/servers/process-group.ts';

/** One of those that are compared, running. */
export interface Leg {
  name: string;
  /** Sends the amount and waits until all of it is through, or until nothing more comes. */
  round(amount: number): Promise<Round>;
  /** µs of CPU that it has taken so far, children included. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

export interface Round {
  /** Items that were sent and, where somebody acknowledges, acknowledged. */
  sent: number;
  /** Items that came out at the end. */
  arrived: number;
  /** Bytes on the wire after it, where they were counted. */
  bytes?: number;
}

export interface Measured {
  name: string;
  /** µs of CPU for one item that arrived: the median of the rounds. */
  micros: number;
  sent: number;
  arrived: number;
  bytes: number;
}

/** Until code is compiled, half of the CPU goes into that. */
export const WARM_UP_ROUNDS = 2;

/**
 * Rounds are interleaved, so that what else goes on in the machine meets all of them.
 * @param amount of one round; a round of the warm-up takes as much
 */
export async function measure(legs: Leg[], rounds: number, amount: number): Promise<Measured[]> {
  const all = legs.map((leg) => ({ leg, micros: [] as number[], sent: 0, arrived: 0, bytes: 0 }));
  for (let number = 1 - WARM_UP_ROUNDS; number <= rounds; number++) {
    for (const sums of all) {
      const before = sums.leg.cpuMicros();
      const { sent, arrived, bytes = 0 } = await sums.leg.round(amount);
      const micros = (sums.leg.cpuMicros() - before) / arrived;
      sums.sent += sent;
      sums.arrived += arrived;
      if (number <= 0) continue;
      sums.micros.push(micros);
      sums.bytes += bytes;
    }
  }
  return all.map(({ leg, micros, sent, arrived, bytes }) => ({
    name: leg.name,
    micros: median(micros),
    sent,
    arrived,
    bytes: bytes / ((arrived * rounds) / (rounds + WARM_UP_ROUNDS)),
  }));
}

export function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

export interface StartedRelay {
  relay: Relay;
  cpuMicros(): number;
  stop(): Promise<void>;
}

/** Our relay as the watcher starts it: a process of its own, with its spool on disk. */
export async function startRelay(...backends: { type: string; [key: string]: unknown }[]): Promise<StartedRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-bench-'));
  const settings = backends.map((own): BackendSettings => {
    return { ...own, name: own.type, dataDir: join(folder, own.type) };
  });
  const relay = superviseRelay(
    { dataDir: folder, host: '127.0.0.1', otlpPort: 0, statsdPort: 0, backends: settings },
    {
      clock: systemClock,
      entry: new URL('./counting-relay.ts', import.meta.url),
      onEvent: (event) => {
        if (event.type === 'log' || event.type === 'over_memory') console.error(JSON.stringify(event));
      },
    },
  );
  await relay.start();
  return {
    relay,
    cpuMicros: () => groupCpuMicros(relay.pid()!),
    async stop() {
      await relay.shutdown(AbortSignal.timeout(5_000));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Waits until `count` has reached `wanted`, or has not grown for 5 s.
 * @returns the last count
 */
export async function settled(wanted: number, count: () => Promise<number>): Promise<number> {
  let last = await count();
  for (let grewAt = performance.now(); last < wanted && performance.now() - grewAt < 5_000; ) {
    await systemClock.timer(20);
    const now = await count();
    if (now > last) grewAt = performance.now();
    last = now;
  }
  return last;
}
