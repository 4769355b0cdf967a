import type { Compiler } from '../compiler.ts';
import { conditionOf, type NrqlCondition } from './condition.ts';
import { conditionItem, deployedConditions, mutationFile } from './nerdgraph.ts';
import { conditionsFile } from './terraform.ts';

/** NRQL conditions as Terraform, or as requests to NerdGraph; a workflow brings their issues back to Ringdown. */
export const compiler: Compiler<NrqlCondition> = {
  target: 'newrelic',
  title: 'New Relic',
  inbound: 'newrelic',
  settings: {
    account_id: { description: 'number of the account', fallback: '0' },
  },
  compile: conditionOf,
  assemble: (compiled, context) => [
    { path: 'ringdown-conditions.tf', content: conditionsFile(compiled, context) },
    ...compiled.map(({ alert, piece }) => ({
      path: `nerdgraph/${alert.policy.id}-${alert.id}.json`,
      content: mutationFile(piece, context),
    })),
  ],
  items: (compiled) => compiled.map(({ piece }) => conditionItem(piece)),
  deployed: (connection, context, _wanted, abort) => deployedConditions(connection, context, abort),
};
