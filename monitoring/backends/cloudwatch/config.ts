import { Type } from 'typebox';
import type { AwsAccess } from '../../aws/client.ts';
import { DEFAULT_LOG_GROUP, LOG_GROUP_PATTERN } from '../../aws/log-group.ts';
import { accessProperties, readAccess } from '../../aws/settings.ts';
import type { BackendSettings } from '../../exporter.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { backendSettings } from '../settings-schema.ts';

/** Days that PutRetentionPolicy takes. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const own = {
  ...accessProperties,
  log_group: Type.Optional(
    Type.String({
      pattern: LOG_GROUP_PATTERN,
      'x-expected': 'a log group such as /ringdown/{service}/{environment}',
      description: 'Where events go; {service} and {environment} are filled in. Created where it is missing.',
      examples: [DEFAULT_LOG_GROUP],
    }),
  ),
  retention: Type.Optional(
    Type.String({
      pattern: '^\\d+d$',
      'x-expected': `days that CloudWatch knows: ${RETENTION_DAYS.slice(0, 12).join('d, ')}d, …`,
      description: 'How long log groups keep events. The policy of a group that was there before is replaced.',
      examples: ['30d'],
    }),
  ),
  namespace: Type.Optional(
    Type.String({
      pattern: '^(?!AWS/)[A-Za-z0-9._/#:-]{1,255}$',
      'x-expected': 'a metric namespace such as Ringdown',
      description: 'Of the metrics.',
      examples: ['Ringdown'],
    }),
  ),
  dimensions: Type.Optional(
    Type.Array(Type.String({ pattern: '^[^:\\s][\\x21-\\x7e]{0,254}$', 'x-expected': 'the name of an attribute' }), {
      maxItems: 27,
      uniqueItems: true,
      description:
        'Attributes that metrics can be looked up by, besides service and environment. Each combination of values is a metric that is paid for.',
      examples: [['http.route']],
    }),
  ),
  max_metrics: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: 1_000_000,
      description:
        'Distinct combinations of metric and dimension values; past it, dimensions other than service and environment are left out.',
      examples: [1000],
    }),
  ),
};

export const schema = backendSettings('cloudwatch', own, 'Amazon CloudWatch: log events and embedded metrics.');

export interface CloudwatchConfig {
  dataDir: string;
  access: AwsAccess;
  logGroup: string;
  retentionDays: number;
  namespace: string;
  dimensions: string[];
  maxMetrics: number;
}

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): CloudwatchConfig {
  const wrong: string[] = [];
  const access = readAccess(settings, wrong);
  const logGroup = settings.log_group ?? DEFAULT_LOG_GROUP;
  if (typeof logGroup !== 'string' || !new RegExp(LOG_GROUP_PATTERN).test(logGroup)) {
    wrong.push(`log_group: ${JSON.stringify(logGroup)} is not like "${DEFAULT_LOG_GROUP}"`);
  }
  const retention = settings.retention ?? '30d';
  const retentionDays = /^(\d+)d$/.exec(String(retention))?.[1] ?? '';
  if (!RETENTION_DAYS.includes(Number(retentionDays))) {
    wrong.push(`retention: ${JSON.stringify(retention)} is not one of ${RETENTION_DAYS.join('d, ')}d`);
  }
  const namespace = settings.namespace ?? 'Ringdown';
  if (typeof namespace !== 'string' || !/^(?!AWS\/)[A-Za-z0-9._/#:-]{1,255}$/.test(namespace)) {
    wrong.push(`namespace: ${JSON.stringify(namespace)} is not a metric namespace such as Ringdown`);
  }
  const dimensions = settings.dimensions ?? ['http.route'];
  if (!isListOfText(dimensions) || dimensions.length > 27) {
    wrong.push('dimensions: expected a list of at most 27 attribute names');
  }
  const maxMetrics = settings.max_metrics ?? 1_000;
  if (!Number.isInteger(maxMetrics) || (maxMetrics as number) < 10)
    wrong.push('max_metrics: expected a number, 10 or more');
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return {
    dataDir: settings.dataDir,
    access,
    logGroup: logGroup as string,
    retentionDays: Number(retentionDays),
    namespace: namespace as string,
    dimensions: dimensions as string[],
    maxMetrics: maxMetrics as number,
  };
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}
