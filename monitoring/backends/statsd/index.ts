import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { StatsdForwarder } from '../../statsd/index.ts';
import { readConfig } from './config.ts';
import { StatsdExporter } from './exporter.ts';
import { rewriterOf } from './rewrite.ts';

export function createStatsd(settings: BackendSettings, clock: Clock) {
  const { dataDir, target, prefix, tags, maxPacketBytes, linesPerSecond } = readConfig(settings);
  const rewrite = rewriterOf(prefix, tags);
  const options = { target, clock, folder: dataDir, maxPacketBytes, linesPerSecond };
  return { exporter: new StatsdExporter(new StatsdForwarder({ ...options, ...(rewrite ? { rewrite } : {}) })) };
}

/** A StatsD repeater with a memory: lines wait on disk while their server is away. Write-only. */
export const backend: Backend = { type: 'statsd', create: (settings) => createStatsd(settings, systemClock) };
