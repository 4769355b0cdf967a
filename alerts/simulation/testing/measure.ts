import { runCase } from '../run-tests.ts';
import { policiesWithTests } from './thousand-policies.ts';

/** What a run took, as the slow test reads it from the output of a process of its own. */
export interface Measurement {
  policies: number;
  wall_ms: number;
  /** Of the processor, garbage collection on other threads included. */
  cpu_ms: number;
  notifications: number;
  failed: number;
}

/** Plays a day of each policy. Reading the files is not part of what is measured. */
async function measure(policies: number): Promise<Measurement> {
  const all = policiesWithTests(policies);
  const before = process.cpuUsage();
  const began = performance.now();
  let notifications = 0;
  let failed = 0;
  for (const { policy, tests } of all) {
    const subject = { policies: [policy], channels: [], onCall: null };
    const { simulation, differences } = await runCase(tests, tests.cases[0]!, subject);
    notifications += simulation.told.length;
    if (differences.length > 0) failed++;
  }
  const { user, system } = process.cpuUsage(before);
  return { policies, wall_ms: performance.now() - began, cpu_ms: (user + system) / 1_000, notifications, failed };
}

process.stdout.write(JSON.stringify(await measure(Number(process.argv[2] ?? 1_000))));
