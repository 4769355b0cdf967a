import { open } from 'node:fs/promises';
import { systemClock } from '../../../../core/clock.ts';
import { decodeLogs } from '../../../otlp/index.ts';
import { loadSource } from '../../registry.ts';
import type { SourceSettings } from '../../source.ts';

/** A process to be killed: a source whose spool is a file with one line per log record, the record's uid. */
const [settings, path] = process.argv.slice(2) as [string, string];
const file = await open(path, 'a');
const { create } = await loadSource('cloudwatch-logs');
const source = create(JSON.parse(settings) as SourceSettings, {
  clock: systemClock,
  random: Math.random,
  log: (level, message) => console.error(level, message),
  async append({ bytes }) {
    await file.appendFile(
      decodeLogs(bytes)
        .map(({ attributes }) => `${attributes['log.record.uid']}\n`)
        .join(''),
    );
    await file.datasync();
    process.send?.('appended');
  },
});
process.on('disconnect', () => process.exit());
await source.start();
