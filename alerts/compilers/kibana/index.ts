import type { Compiler } from '../compiler.ts';
import { deployedRules, itemOf } from './deployed.ts';
import { connectorOf, type KibanaRule, ruleOf } from './rule.ts';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Elasticsearch query rules in ES|QL, on the streams that the `elasticsearch` backend writes; a webhook connector is Ringdown's. */
export const compiler: Compiler<KibanaRule> = {
  target: 'kibana',
  title: 'Kibana',
  inbound: 'kibana',
  settings: {
    prefix: { description: 'prefix of the elasticsearch backend', fallback: 'ringdown' },
    connector_id: { description: 'id of the webhook connector', fallback: '5f3c1f6e-7b0a-4a53-9c53-72696e670001' },
  },
  compile: ruleOf,
  assemble: (compiled, context) => [
    { path: `connectors/${context.settings.connector_id}.json`, content: json(connectorOf(context)) },
    ...compiled.map(({ alert, piece }) => ({
      path: `rules/${alert.policy.id}-${alert.id}.json`,
      content: json(piece),
    })),
  ],
  items: (compiled) => compiled.map(({ piece }) => itemOf(piece, true)),
  deployed: (connection, _context, _wanted, abort) => deployedRules(connection, abort),
};
