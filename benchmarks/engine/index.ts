import { readFileSync } from 'node:fs';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import { Child } from './child.ts';
import { journeys, STEPS } from './journeys.ts';

const PARALLEL = 10;
const WARM_UP = 400;
const TARGET_MICROS = 60;
/** Measured by the design's author on a quiet two-core machine; k6 and Hurl are not npm packages. */
const RIVALS_ELSEWHERE = 'k6 1.8.1: 115–143 µs and Hurl 8.0.1: 132 µs on a machine where bare undici took 40–57 µs.';

/** CPU per HTTP step of a scenario. */
export const suite: Suite = {
  title: 'Scenario engine: CPU per HTTP step',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const rounds = quick ? 2 : 5;
    const count = quick ? 500 : 1_000;
    const service = new Child<{ port: number }>('./service.ts');
    const children: { stop(): void }[] = [service];
    const costs = new Map<string, number[]>();
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
          const { cpuMicros } = await fire(child, count);
          const cost = cpuMicros / count / STEPS;
          costs.set(name, [...(costs.get(name) ?? []), cost]);
          progress(`round ${round + 1}/${rounds} ${name}: ${cost.toFixed(1)} µs a step`);
        }
      }
    } finally {
      for (const child of children) child.stop();
    }
    return report(costs, rounds, count);
  },
};

function report(costs: Map<string, number[]>, rounds: number, count: number): Report {
  const bare = median(costs.get('bare undici')!);
  const ours = median(costs.get('ringdown')!);
  const rows = [...costs].map(([name, all]) => {
    const cost = median(all);
    return [name, cost.toFixed(1), `${(cost / bare).toFixed(2)} ×`, Math.min(...all).toFixed(1)];
  });
  return {
    method: [
      `Five steps over one fresh connection (sign in, write, read, change, delete), ${PARALLEL} journeys at once, ${count.toLocaleString('en')} a round, medians of ${rounds} interleaved rounds.`,
      'CPU is user + system time of the whole engine process by the operating system; the service is a process of its own.',
      'Ringdown runs with captures, assertions, warnings, phase timings, evidence and redaction on; bare undici only sends, receives and parses JSON.',
    ],
    versions: { undici: versionOf('undici'), 'json-p3': versionOf('json-p3') },
    table: { columns: ['engine', 'CPU µs/step', 'of bare undici', 'best round µs'], rows },
    findings: [
      `Ringdown: ${ours.toFixed(1)} µs a step, target ≤ ${TARGET_MICROS} µs: ${ours <= TARGET_MICROS ? 'met' : 'missed'}; the client alone took ${bare.toFixed(1)} µs in the same minute.`,
      `Not run here: ${RIVALS_ELSEWHERE}`,
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
