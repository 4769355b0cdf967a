import type { Compiler } from '../compiler.ts';
import { alertmanagerFile } from './alertmanager.ts';
import { alertItem, deployedRules, recordItem } from './deployed.ts';
import { type PrometheusRules, rulesFile, rulesOf } from './rules-file.ts';

/** Alerting rules on what Ringdown's scrape page, its `/metrics` and OpenTelemetry's exporters show; routes of Alertmanager back to Ringdown. */
export const compiler: Compiler<PrometheusRules> = {
  target: 'prometheus',
  title: 'Prometheus and Alertmanager',
  inbound: 'alertmanager',
  settings: {},
  compile: rulesOf,
  assemble: (compiled, context) => [
    { path: 'ringdown.rules.yml', content: rulesFile(compiled) },
    { path: 'alertmanager.yml', content: alertmanagerFile(context) },
  ],
  items: (compiled) =>
    compiled.flatMap(({ alert, piece: { records, rule } }) => [
      ...records.map((record) => recordItem(record, alert.every_ms)),
      alertItem(rule, alert.every_ms, alert.for_ms, alert.keep_firing_for_ms),
    ]),
  deployed: (connection, _context, _wanted, abort) => deployedRules(connection, abort),
};
