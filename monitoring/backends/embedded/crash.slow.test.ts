import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { createEmbedded } from './index.ts';

const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url));
const forever = new AbortController().signal;

/** Lets the writer run until it has acknowledged `batches` more, then kills it at a moment the seed picks. */
async function runAndKill(dataDir: string, batches: number, delayMs: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [writer, dataDir, '1000000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  let seen = 0;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    if (line.startsWith('refused')) throw new Error(line);
    acknowledged = Number(line.split(' ')[1]);
    if (++seen === batches) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await gone;
  return acknowledged;
}

test('killed at six moments in the middle of an export, nothing acknowledged is lost and nothing is held twice', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ringdown-crash-'));
  const random = seededRandom(2026);
  let acknowledged = 0;
  for (let round = 0; round < 6; round++) {
    const reached = await runAndKill(dataDir, 1 + Math.floor(random() * 12), random() * 15);
    expect(reached).toBeGreaterThan(acknowledged);
    acknowledged = reached;
  }
  const { exporter, store } = createEmbedded(
    { name: 'local', type: 'embedded', dataDir, retention: '9000d' },
    systemClock,
  );
  await exporter.start();
  const committed = exporter.committed()!;
  expect(committed).toBeGreaterThanOrEqual(acknowledged);
  const [rows] = await store.ask(0n, 2n ** 62n, async (query) => ({
    spans: await query('SELECT trace_low AS position, span_id FROM spans ORDER BY ALL'),
    logs: await query('SELECT trace_low AS position, message FROM logs ORDER BY ALL'),
    counted: await query('SELECT sum(sum) AS total FROM points'),
  }));
  const positions = (rest: number) =>
    Array.from({ length: committed }, (_, index) => index).filter((index) => index % 3 === rest);
  const spans = positions(0).flatMap((at) =>
    [1, 2, 3].map((n) => ({ position: BigInt(at), span_id: BigInt(at * 4 + n) })),
  );
  expect(rows!.spans).toEqual(spans);
  expect(rows!.logs).toEqual(positions(1).map((at) => ({ position: BigInt(at), message: `log ${at}` })));
  expect(rows!.counted).toEqual([{ total: positions(2).length }]);
  expect(store.quarantined).toBe(0);
  await exporter.shutdown(forever);
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);
