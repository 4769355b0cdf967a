import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { createEmbedded } from './index.ts';

const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

interface Seen {
  refusals: string[];
  acknowledgedWhenFull: number;
  acknowledged: number;
}

/**
 * Runs the writer where no file may grow past a limit, so that writes fail as on a full disk; lifts the limit after the
 * third refusal, lets five more batches through and kills it.
 */
async function fillAndMend(dataDir: string): Promise<Seen> {
  const script = `ulimit -S -f 300; trap '' XFSZ; exec "$0" "$@"`;
  const command = ['-c', script, process.execPath, writer, dataDir, '1000000'];
  const child = spawn('bash', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen: Seen = { refusals: [], acknowledgedWhenFull: 0, acknowledged: 0 };
  let accepted = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('refused')) {
      seen.refusals.push(line);
      seen.acknowledgedWhenFull = seen.acknowledged;
      if (seen.refusals.length === 3) execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
    } else {
      seen.acknowledged = Number(line.split(' ')[1]);
      if (seen.refusals.length >= 3 && ++accepted === 5) child.kill('SIGKILL');
    }
  });
  await new Promise((resolve) => child.once('close', resolve));
  return seen;
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  'on a full disk batches come back with the reason, and go on where they stood once there is room',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ringdown-full-'));
    const { refusals, acknowledgedWhenFull, acknowledged } = await fillAndMend(dataDir);
    expect(refusals[0]).toMatch(/Could not write file/);
    expect(acknowledgedWhenFull).toBeGreaterThan(0);
    expect(acknowledged).toBeGreaterThan(acknowledgedWhenFull);
    const { exporter, store } = createEmbedded(
      { name: 'local', type: 'embedded', dataDir, retention: '9000d' },
      systemClock,
    );
    await exporter.start();
    const committed = exporter.committed()!;
    expect(committed).toBeGreaterThanOrEqual(acknowledged);
    const [rows] = await store.ask(
      0n,
      2n ** 62n,
      async (query) => await query('SELECT count(*)::DOUBLE AS spans FROM spans'),
    );
    expect(rows).toEqual([{ spans: committed }]);
    await exporter.shutdown(AbortSignal.timeout(5_000));
    rmSync(dataDir, { recursive: true, force: true });
  },
  60_000,
);
