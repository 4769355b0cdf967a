import { systemClock } from '../../../core/clock.ts';
import { type RelayEvent, superviseRelay } from '../supervisor.ts';

/** For tests: a process that supervises a relay and, told to end, takes its time before it ends the relay. */
const dataDir = process.argv[2]!;
const events: RelayEvent[] = [];
const relay = superviseRelay(
  { dataDir, host: '127.0.0.1', otlpPort: 0, statsdPort: 0, backends: [] },
  {
    clock: systemClock,
    onEvent: (event) => events.push(event),
    backoff: { firstMs: 10, maxMs: 10 },
    entry: new URL('./recording-relay.ts', import.meta.url),
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await systemClock.timer(300);
    await relay.shutdown(AbortSignal.timeout(5_000));
    process.send!({ events });
    process.disconnect();
  });
}
await relay.start();
process.send!({ pid: relay.pid() });
