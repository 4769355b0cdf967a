import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { readConfig } from './config.ts';
import { EmbeddedExporter } from './exporter.ts';
import { EmbeddedReader } from './reader.ts';
import { Store } from './store.ts';

export function createEmbedded(settings: BackendSettings, clock: Clock) {
  const store = new Store(readConfig(settings), clock);
  return { exporter: new EmbeddedExporter(store), reader: new EmbeddedReader(store), store };
}

/** The default backend: DuckDB files in the relay's own process, nothing to install and nothing to run beside it. */
export const backend: Backend = {
  type: 'embedded',
  create: (settings: BackendSettings) => createEmbedded(settings, systemClock),
};
