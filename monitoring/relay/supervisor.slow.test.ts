import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { superviseRelay } from './supervisor.ts';
import { killUnderLoad } from './testing/kill-under-load.ts';

/** A relay with two backends, killed again and again while it takes traces. */
async function killOne(kills: number, seed: number) {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-relay-'));
  const relay = superviseRelay(
    {
      dataDir: folder,
      host: '127.0.0.1',
      otlpPort: 0,
      statsdPort: 0,
      backends: [
        { name: 'a', type: 'recording', dataDir: join(folder, 'a') },
        // Small batches, many at a time: settled out of order.
        { name: 'b', type: 'recording', dataDir: join(folder, 'b'), queue: { batch_items: 40, concurrency: 8 } },
      ],
    },
    {
      clock: systemClock,
      onEvent: () => undefined,
      backoff: { firstMs: 20, maxMs: 20 },
      entry: new URL('./testing/recording-relay.ts', import.meta.url),
    },
  );
  try {
    await relay.start();
    return await killUnderLoad(relay, [join(folder, 'a'), join(folder, 'b')], { kills, seed });
  } finally {
    await relay.shutdown(AbortSignal.timeout(5_000));
    await rm(folder, { recursive: true, force: true });
  }
}

test('killed 200 times under load, it loses nothing that it acknowledged, and its books agree', async () => {
  // Two at a time, because most of the time goes into starting again.
  const outcomes = await Promise.all([killOne(100, 20261123), killOne(100, 20261124)]);
  for (const { acknowledged, missing } of outcomes) {
    expect(acknowledged).toBeGreaterThan(100);
    expect(missing).toEqual([[], []]);
  }
});
