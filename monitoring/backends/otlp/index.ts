import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { OtlpHttpExporter, plainConversion } from '../../otlp-http/index.ts';
import { GaugeState } from '../../statsd/gauge-state.ts';
import { readConfig } from './config.ts';

export function createOtlp(settings: BackendSettings, clock: Clock) {
  return {
    exporter: new OtlpHttpExporter({
      endpoint: readConfig(settings),
      convert: plainConversion(new GaugeState()),
      clock,
    }),
  };
}

/** Hands everything on as it came, to any destination that speaks OTLP/HTTP. Write-only. */
export const backend: Backend = { type: 'otlp', create: (settings) => createOtlp(settings, systemClock) };
