import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { readConfig } from './config.ts';
import { PrometheusExporter } from './exporter.ts';
import { PrometheusReader } from './reader.ts';

export function createPrometheus(settings: BackendSettings, clock: Clock) {
  const config = readConfig(settings);
  const exporter = new PrometheusExporter(config, clock);
  const { queryUrl, queryToken } = config;
  return { exporter, ...(queryUrl === undefined ? {} : { reader: new PrometheusReader(queryUrl, queryToken) }) };
}

/** Counters, gauges and histograms for Prometheus to fetch, requests of spans among them. */
export const backend: Backend = { type: 'prometheus', create: (settings) => createPrometheus(settings, systemClock) };
