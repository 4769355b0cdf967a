import type { Compiler } from '../compiler.ts';
import { deployedRules, itemOf } from './deployed.ts';
import { contactPointsFile, type GrafanaRule, ruleOf, rulesFile } from './provisioning.ts';

/** Alert rules managed by Grafana, on a Prometheus data source, and a contact point that brings them back to Ringdown. */
export const compiler: Compiler<GrafanaRule> = {
  target: 'grafana',
  title: 'Grafana',
  inbound: 'grafana',
  settings: {
    datasource_uid: { description: 'uid of the Prometheus data source', fallback: 'ringdown-prometheus' },
    folder: { description: 'folder of the rules', fallback: 'Ringdown' },
  },
  compile: ruleOf,
  assemble: (compiled, context) => [
    { path: 'provisioning/alerting/ringdown-rules.yaml', content: rulesFile(compiled, context) },
    { path: 'provisioning/alerting/ringdown-contact-points.yaml', content: contactPointsFile(context) },
  ],
  items: (compiled) => compiled.map(({ piece }) => itemOf(piece)),
  deployed: (connection, _context, _wanted, abort) => deployedRules(connection, abort),
};
