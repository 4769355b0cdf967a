import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createEmbedded } from './index.ts';

describeExporter('embedded', {
  async prepare(folder) {
    const dataDir = join(folder, 'store');
    const clock = new VirtualClock(1_790_000_000_000);
    const ever = { from: 0, to: 4e12 };
    let newest = createEmbedded({ name: 'local', type: 'embedded', dataDir }, clock);
    return {
      create() {
        newest = createEmbedded({ name: 'local', type: 'embedded', dataDir }, clock);
        return newest.exporter;
      },
      async trace(traceId) {
        const trace = await newest.reader.ask({ ask: 'trace', trace_id: traceId }, ever);
        return {
          spanIds: trace?.spans.map((span) => span.span_id) ?? [],
          messages: trace?.logs.map((log) => log.message) ?? [],
        };
      },
      async counter(name) {
        const day = 86_400_000;
        const range = { from: 1_790_000_000_000 - day, to: 1_790_000_000_000 + day };
        const series = await newest.reader.ask({ ask: 'metric', name, aggregate: 'sum', interval_ms: 60_000 }, range);
        return series.flatMap(({ points }) => points).reduce((total, [, value]) => total + (value ?? 0), 0);
      },
      // A file where the folder should be: what a missing mount or a mistyped path looks like.
      breakDown: async () => writeFileSync(dataDir, ''),
      mend: async () => rmSync(dataDir),
      close: async () => undefined,
    };
  },
});
