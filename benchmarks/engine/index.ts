import { readFileSync } from 'node:fs';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import { Child } from './child.ts';
import { journeys, STEPS } from './journeys.ts';
import { installedRivals, type Rival, runRival } from './rivals.ts';

const PARALLEL = 10;
/** A watcher runs for months: what its compiler does in the first second is not what a step costs. */
const WARM_UP = 5_000;
const LEAD_IN = 300;
const TARGET_MICROS = 60;
const TARGET_RATIO = 2;

/** CPU per HTTP step of a scenario. */
export const suite: Suite = {
  title: 'Scenario engine: CPU per HTTP step',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const rounds = quick ? 2 : 5;
    const count = quick ? 1_500 : 4_000;
    const service = new Child<{ port: number }>('./service.ts');
    const children: { stop(): void }[] = [service];
    const costs = new Map<string, number[]>();
    const note = (name: string, cost: number, round: number) => {
      costs.set(name, [...(costs.get(name) ?? []), cost]);
      progress(`round ${round + 1}/${rounds} ${name}: ${cost.toFixed(1)} µs a step`);
    };
    const { present, missing } = installedRivals();
    try {
      const { port } = await service.ready;
      const legs = Object.keys(journeys).map((name) => ({
        name,
        child: new Child<string>('./leg.ts', [name, `http://127.0.0.1:${port}`]),
      }));
      children.push(...legs.map(({ child }) => child));
      const fire = (child: Child<string>, journeys: number) =>
        child.ask<{ cpuMicros: number }>({ journeys, parallel: PARALLEL });
      for (const { child } of legs) {
        await child.ready;
        await fire(child, WARM_UP);
      }
      for (let round = 0; round < rounds; round++) {
        for (const { name, child } of round % 2 ? legs.toReversed() : legs) {
          // The others' rounds have cooled caches and heap down.
          await fire(child, LEAD_IN);
          const { cpuMicros } = await fire(child, count);
          note(name, cpuMicros / count / STEPS, round);
        }
        for (const rival of present) {
          const journeys = quick ? Math.ceil(rival.journeys / 4) : rival.journeys;
          const origin = `http://127.0.0.1:${port}`;
          const start = await runRival(rival, origin, 1);
          const { cpuMicros } = await runRival(rival, origin, journeys + 1);
          note(rival.name, (cpuMicros - start.cpuMicros) / journeys / STEPS, round);
        }
      }
    } finally {
      for (const child of children) child.stop();
    }
    return report(costs, { rounds, count, missing, versions: present });
  },
};

interface Measured {
  rounds: number;
  count: number;
  missing: readonly string[];
  versions: readonly Rival[];
}

function report(costs: Map<string, number[]>, { rounds, count, missing, versions }: Measured): Report {
  const bare = median(costs.get('bare undici')!);
  const ours = median(costs.get('ringdown')!);
  const rows = [...costs].map(([name, all]) => {
    const cost = median(all);
    const ratio = (base: number) => `${(cost / base).toFixed(2)} ×`;
    return [name, cost.toFixed(1), ratio(ours), ratio(bare), Math.min(...all).toFixed(1)];
  });
  const k6 = costs.get('k6');
  const verdict = (met: boolean) => (met ? 'met' : 'missed');
  return {
    method: [
      `Five steps over one fresh connection (sign in, write, read, change, delete), ${PARALLEL} journeys at once, ${count.toLocaleString('en')} a round after ${WARM_UP.toLocaleString('en')} to warm up and ${LEAD_IN} before each round, medians of ${rounds} interleaved rounds.`,
      'CPU is user + system time of the whole engine process by the operating system, its children included; the service is a process of its own.',
      'Ringdown runs with captures, assertions, warnings, phase timings, evidence and redaction on; bare undici only sends, receives and parses JSON.',
      'k6, Hurl and Newman run the same journey with the same captures and checks (benchmarks/engine/rivals); the CPU of a run of one journey is taken off, so their start is left out. Newman runs one journey at a time, since it cannot run more.',
    ],
    versions: {
      undici: versionOf('undici'),
      ...Object.fromEntries(versions.map(({ name, version }) => [name, version])),
    },
    table: { columns: ['engine', 'CPU µs/step', 'of ringdown', 'of bare undici', 'best round µs'], rows },
    findings: [
      `Ringdown: ${ours.toFixed(1)} µs a step, target ≤ ${TARGET_MICROS} µs: ${verdict(ours <= TARGET_MICROS)}; a bare loop of undici took ${bare.toFixed(1)} µs in the same minute.`,
      ...(k6
        ? [
            `k6 takes ${(median(k6) / ours).toFixed(1)} times as much, target ≥ ${TARGET_RATIO}: ${verdict(median(k6) >= TARGET_RATIO * ours)}.`,
          ]
        : []),
      ...(missing.length > 0
        ? [
            `Not installed, so not measured: ${missing.join(', ')}. \`node benchmarks/engine/rivals.mjs\` installs them.`,
          ]
        : []),
    ],
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
