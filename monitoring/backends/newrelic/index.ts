import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { OtlpHttpExporter } from '../../otlp-http/index.ts';
import { GaugeState } from '../../statsd/gauge-state.ts';
import { readConfig } from './config.ts';
import { conversion } from './convert.ts';
import type { Cuts } from './fit-to-limits.ts';
import { LIMITS } from './limits.ts';
import { NerdGraph } from './nerdgraph.ts';
import { describeIntegrationErrors } from './provision.ts';
import { NewRelicReader } from './reader.ts';

export function createNewRelic(settings: BackendSettings, clock: Clock) {
  const { endpoint, query } = readConfig(settings);
  /** What was above the limits since the start. */
  const cuts: Cuts = { values: 0, attributes: 0 };
  const exporter = new OtlpHttpExporter({
    endpoint,
    convert: conversion(new GaugeState(), cuts),
    maxRequestBytes: LIMITS.requestBytes,
    clock,
  });
  return { exporter, cuts, ...(query ? { reader: new NewRelicReader(new NerdGraph(query)) } : {}) };
}

/** New Relic over OTLP, within its limits, and NRQL for questions where a user key is given. */
export const backend: Backend = {
  type: 'newrelic',
  create: (settings) => createNewRelic(settings, systemClock),
  async provision(settings, abort) {
    const { query } = readConfig(settings);
    return await describeIntegrationErrors(query && new NerdGraph(query), abort);
  },
};
