import { systemClock } from '../../core/clock.ts';
import { createRunner } from '../../scenarios/engine/runner.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { Scheduler } from '../../scenarios/schedule/scheduler.ts';
import { type Quantiles, quantiles } from './quantiles.ts';

/** What `watch.ts <order as JSON>` measures. */
export interface Order {
  origin: string;
  monitors: number;
  everyMs: number;
  durationMs: number;
}

export interface Measured {
  /** Milliseconds. */
  slip: Quantiles;
  runs: number;
  notPassed: number;
  skipped: number;
  /** User and system time of the whole process. */
  cpuMicros: number;
  elapsedMs: number;
  startRssMb: number;
  peakRssMb: number;
}

const CONCURRENT_RUNS = 200;
const PROGRESS_MS = 15_000;
const SCENARIO = `
version: 1
id: health
name: The service answers
service: bench
steps:
  - name: asking for health
    request: GET /healthz
    expect: { status: 200, jsonpath: { $.status: ok } }
`;

process.on('disconnect', () => process.exit(0));
const order = JSON.parse(process.argv[2]!) as Order;
const { scenario, diagnostics } = parseScenario(SCENARIO, 'health.scenario.yaml');
if (!scenario) throw new Error(diagnostics.map(({ message }) => message).join('; '));
const runner = createRunner({ clock: systemClock, userAgent: 'ringdown/bench', allowedOrigins: [order.origin] });
const environment = { name: 'bench', base_url: order.origin };
const slips: number[] = [];
let notPassed = 0;
let skipped = 0;

const scheduler = new Scheduler({
  clock: systemClock,
  concurrency: CONCURRENT_RUNS,
  async run(key, scheduledAt, abort) {
    const { status } = await runner.run({
      scenario: { ...scenario, id: key },
      environment,
      secrets: {},
      scheduledAt,
      abort,
    });
    if (status !== 'passed') notPassed++;
  },
  onSlip: (_key, slipMs) => slips.push(slipMs),
  onSkip: () => skipped++,
  onFault(_key, error) {
    throw error;
  },
});
for (let index = 0; index < order.monitors; index++) {
  scheduler.set({ key: `monitor-${index}`, schedule: { kind: 'every', everyMs: order.everyMs } });
}

const megabytes = (bytes: number) => bytes / 2 ** 20;
const startRssMb = megabytes(process.memoryUsage.rss());
const cpu = process.cpuUsage();
const start = performance.now();
await scheduler.start();
const ticking = setInterval(() => {
  const seconds = Math.round((performance.now() - start) / 1_000);
  const text = `${seconds} s: ${slips.length} runs, slip p99 ${quantiles(slips).p99.toFixed(1)} ms, ${megabytes(process.memoryUsage.rss()).toFixed(0)} MB`;
  process.send?.({ progress: text });
}, PROGRESS_MS);
await systemClock.timer(order.durationMs);
clearInterval(ticking);
const { user, system } = process.cpuUsage(cpu);
const measured: Measured = {
  slip: quantiles(slips),
  runs: slips.length,
  notPassed,
  skipped,
  cpuMicros: user + system,
  elapsedMs: performance.now() - start,
  startRssMb,
  // maxRSS is in kilobytes (getrusage(2)).
  peakRssMb: process.resourceUsage().maxRSS / 1_024,
};
process.send?.(measured);
