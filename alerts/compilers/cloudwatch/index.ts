import type { Compiler } from '../compiler.ts';
import { alarmsOf, type CompiledAlarms } from './alarms.ts';
import { deployedAlarms, itemsOf } from './deployed.ts';
import { alarmsFile } from './terraform.ts';

/** Alarms as Terraform, on the metrics and logs that the `cloudwatch` backend writes; an SNS topic brings them back. */
export const compiler: Compiler<CompiledAlarms> = {
  target: 'cloudwatch',
  title: 'Amazon CloudWatch',
  inbound: 'cloudwatch',
  settings: {
    namespace: { description: 'namespace of the cloudwatch backend', fallback: 'Ringdown' },
    log_group: { description: 'its log group', fallback: '/ringdown/{service}/{environment}' },
    region: { description: 'region, for check', fallback: 'us-east-1' },
  },
  compile: alarmsOf,
  assemble: (compiled, context) => [{ path: 'ringdown-alarms.tf', content: alarmsFile(compiled, context) }],
  items: (compiled) => itemsOf(compiled),
  deployed: (connection, context, _wanted, abort) => deployedAlarms(connection, context, abort),
};
