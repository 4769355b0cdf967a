import { Buffer } from 'node:buffer';
import { parseStatsd, type StatsdMetric } from '../../statsd/index.ts';

/** As StatsD knew them before Datadog; servers that never heard of `h` and `d` take them for counters. */
const PLAIN_TYPES: Record<StatsdMetric['type'], string> = {
  counter: 'c',
  gauge: 'g',
  timer: 'ms',
  histogram: 'ms',
  distribution: 'ms',
  set: 's',
};

/** @returns undefined where lines go on as they are */
export function rewriterOf(prefix: string, tags: boolean): ((line: Buffer) => Uint8Array) | undefined {
  if (!tags) return (line) => Buffer.from(plain(line.toString('utf8'), prefix));
  if (prefix === '') return undefined;
  const before = Buffer.from(prefix);
  return (line) => Buffer.concat([before, line]);
}

/** `name:value|type[|@rate]`, one for each value; numbers stay as they were written. */
function plain(line: string, prefix: string): string {
  const metric = parseStatsd(line)!;
  const bar = line.indexOf('|');
  const value = line.slice(metric.name.length + 1, bar);
  const values = metric.type === 'set' ? [value] : value.split(':');
  const rate = metric.sampleRate === 1 ? '' : `|@${metric.sampleRate}`;
  return values.map((one) => `${prefix}${metric.name}:${one}|${PLAIN_TYPES[metric.type]}${rate}`).join('\n');
}
