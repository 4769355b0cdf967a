import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { OtlpHttpExporter, plainConversion } from '../../otlp-http/index.ts';
import { GaugeState } from '../../statsd/gauge-state.ts';
import { readConfig } from './config.ts';
import { apmServerConversion } from './convert.ts';

export function createElasticApm(settings: BackendSettings, clock: Clock) {
  const { intake, ...endpoint } = readConfig(settings);
  const gauges = new GaugeState();
  const convert = intake === 'managed' ? plainConversion(gauges) : apmServerConversion(gauges);
  return { exporter: new OtlpHttpExporter({ endpoint, convert, clock }) };
}

/** Elastic APM over OTLP. Write-only: what arrives is asked of the Elasticsearch behind it. */
export const backend: Backend = { type: 'elastic-apm', create: (settings) => createElasticApm(settings, systemClock) };
