import { expect, test } from '@jest/globals';
import { runCase } from './run-tests.ts';
import { policiesWithTests } from './testing/thousand-policies.ts';

/** Of the processor, not of the wall: another process that is busy must not fail it. */
const MOST_CPU_MS = 10_000;

test('a thousand policies of a simulated day each take less than ten seconds', async () => {
  const all = policiesWithTests(1_000);
  const before = process.cpuUsage();
  const began = performance.now();
  let told = 0;
  let failed = 0;
  for (const { policy, tests } of all) {
    const subject = { policies: [policy], channels: [], onCall: null };
    const { simulation, differences } = await runCase(tests, tests.cases[0]!, subject);
    told += simulation.told.length;
    if (differences.length > 0) failed++;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  const wallMs = performance.now() - began;
  console.info(
    `1,000 policies × 24 h: ${(wallMs / 1_000).toFixed(1)} s wall, ${(cpuMs / 1_000).toFixed(1)} s CPU, ${told} notifications`,
  );
  expect(failed).toBe(0);
  expect(told).toBeGreaterThan(10_000);
  expect(cpuMs).toBeLessThan(MOST_CPU_MS);
}, 300_000);
