import { systemClock } from '../../../core/clock.ts';
import { batchOf, logsRecord, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { createEmbedded } from './index.ts';

/**
 * The process that the crash test kills: exports batch after batch from where the store says it stands, and prints a
 * line `acknowledged <position>` for each that it was told is accepted, `refused <reason>` for each handed back, which
 * it tries again. Record n holds three spans of trace n, a log
 * and a counter, so that any loss or repeat shows.
 */
const [dataDir, last] = process.argv.slice(2) as [string, string];
const { exporter } = createEmbedded({ name: 'local', type: 'embedded', dataDir }, systemClock);
await exporter.start();

function recordsOf(position: number) {
  const placed = { position, receivedAt: 1_790_000_000_000 + position };
  const traceId = position.toString(16).padStart(32, '0');
  const startNs = BigInt(placed.receivedAt) * 1_000_000n;
  if (position % 3 === 1)
    return logsRecord(placed, [{ timeNs: startNs, body: `log ${position}`, traceId }], { 'service.name': 'crash' });
  if (position % 3 === 2) return statsdRecord(placed, ['crashed:1|c']);
  const spans = [1, 2, 3].map((n) => ({
    traceId,
    spanId: (position * 4 + n).toString(16).padStart(16, '0'),
    startNs,
    durationNs: 5n,
  }));
  return spansRecord(placed, spans, { 'service.name': 'crash' });
}

const size = 30;
// As the relay does after a crash of its own, begin a little before what the store says: it must skip what it has.
for (let from = Math.max(0, (exporter.committed() ?? 0) - 10); from < Number(last); from += size) {
  const batch = batchOf(...Array.from({ length: size }, (_, index) => recordsOf(from + index)));
  for (;;) {
    const exported = await exporter.export(batch, new AbortController().signal);
    if (!exported.retry) break;
    process.stdout.write(`refused ${exported.error?.message}\n`);
    await systemClock.timer(20);
  }
  process.stdout.write(`acknowledged ${batch.end}\n`);
}
