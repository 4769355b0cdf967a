import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { superviseRelay } from './supervisor.ts';
import { killUnderLoad } from './testing/kill-under-load.ts';

test('killed 200 times under load, it loses nothing that it acknowledged, and its books agree', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-relay-'));
  const relay = superviseRelay(
    {
      dataDir: folder,
      host: '127.0.0.1',
      otlpPort: 0,
      statsdPort: 0,
      backends: [{ name: 'a', type: 'recording', dataDir: join(folder, 'a') }],
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
    const outcome = await killUnderLoad(relay, join(folder, 'a'), { kills: 200, seed: 20261123 });
    expect(outcome.acknowledged).toBeGreaterThan(200);
    expect(outcome.missing).toEqual([]);
  } finally {
    await relay.shutdown(AbortSignal.timeout(5_000));
    await rm(folder, { recursive: true, force: true });
  }
});
