import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { Measurement } from './testing/measure.ts';

/** Of the processor, not of the wall: a machine that has other things to do must not fail it. */
const MOST_CPU_MS = 10_000;
const ATTEMPTS = 3;

/** In a process of its own, as the command runs it: jest's modules are slower. */
async function measured(): Promise<Measurement> {
  const file = fileURLToPath(new URL('testing/measure.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, '1000']);
  return JSON.parse(stdout) as Measurement;
}

test('a thousand policies of a simulated day each take less than ten seconds', async () => {
  let best: Measurement | null = null;
  // Cores that are shared make the same work cost more; what it costs is the least that was seen.
  for (let attempt = 0; attempt < ATTEMPTS && (best?.cpu_ms ?? Number.POSITIVE_INFINITY) >= MOST_CPU_MS; attempt++) {
    const one = await measured();
    expect(one.failed).toBe(0);
    expect(one.notifications).toBeGreaterThan(10_000);
    if (!best || one.cpu_ms < best.cpu_ms) best = one;
  }
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  console.info(
    `1,000 policies × 24 h: ${seconds(best!.wall_ms)} s wall, ${seconds(best!.cpu_ms)} s CPU, ${best!.notifications} notifications`,
  );
  expect(best!.cpu_ms).toBeLessThan(MOST_CPU_MS);
}, 300_000);
