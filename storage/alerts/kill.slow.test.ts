import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { openSqlite } from '../sqlite/index.ts';
import { type AlertSchema, alertRepository } from './index.ts';

const SEEDS = 50;
const SCRIPT = fileURLToPath(new URL('./testing/paging-process.ts', import.meta.url));

async function live(directory: string, life: number, killAfterMs: number | null): Promise<void> {
  const child = spawn(process.execPath, [SCRIPT, join(directory, 'state.db'), join(directory, 'pages'), String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'started' || killAfterMs === null) continue;
    await delay(killAfterMs);
    child.kill('SIGKILL');
  }
  await ended;
}

test(`killed at ${SEEDS} random moments of a failure: no page is lost, and repeats carry one key`, async () => {
  const repeats: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed);
    const directory = await mkdtemp(join(tmpdir(), 'ringdown-kill-'));
    try {
      await live(directory, 1, random() * 40);
      await live(directory, 2, null);
      const lines = (await readFile(join(directory, 'pages'), 'utf8')).trim().split('\n');
      const pages = lines.map(
        (line) => JSON.parse(line) as { dedup_key: string; delivery_id: string; incident: string },
      );
      repeats.push(pages.length - 1);
      expect(new Set(pages.map(({ dedup_key }) => dedup_key)).size).toBe(1);
      expect(new Set(pages.map(({ delivery_id }) => delivery_id)).size).toBe(1);
      const sqlite = await openSqlite<AlertSchema>({ file: join(directory, 'state.db') });
      const store = alertRepository(sqlite.db);
      expect((await store.list({ limit: 10 })).items).toMatchObject([{ state: 'triggered' }]);
      const { deliveries } = (await store.find(pages[0]!.incident))!;
      expect(deliveries).toMatchObject([{ status: 'accepted', event: 'incident.triggered' }]);
      await sqlite.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  const repeated = repeats.filter((count) => count > 0).length;
  process.stdout.write(`${SEEDS} kills, ${repeated} of them between send and record: repeated under the same key\n`);
});
