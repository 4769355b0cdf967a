import { Type } from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../core/units.ts';
import type { AwsAccess } from '../../aws/client.ts';
import { DEFAULT_LOG_GROUP, isOfPattern } from '../../aws/log-group.ts';
import { accessProperties, readAccess } from '../../aws/settings.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { type LoopCheck, type SourceSettings, sourceSettings } from '../source.ts';

const Duration = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      'x-expected': 'a duration such as 30s or 5m',
      description,
      examples: [example],
    }),
  );

const GROUP_PATTERN = '^[a-zA-Z0-9_\\-/.#]{1,512}$';

const own = {
  ...accessProperties,
  log_group: Type.String({
    pattern: GROUP_PATTERN,
    'x-expected': 'a log group such as /aws/lambda/shop',
    description: 'The log group whose events are fetched.',
    examples: ['/aws/lambda/shop'],
  }),
  filter_pattern: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_024,
      description: "CloudWatch's own filter: only events that match are fetched.",
      examples: ['{ $.level = "error" }'],
    }),
  ),
  every: Duration('How often it is looked for new events.', '30s'),
  overlap: Duration('How late an event may appear and still be fetched.', '5m'),
  look_back: Duration('How far back the very first look goes.', '10m'),
  service: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Service of events that name none; the last part of the log group's name when absent.",
      examples: ['shop'],
    }),
  ),
  environment: Type.Optional(
    Type.String({ minLength: 1, description: 'Environment of events that name none.', examples: ['production'] }),
  ),
};

export const schema = sourceSettings(
  'cloudwatch-logs',
  own,
  'Fetches the events of a log group of Amazon CloudWatch Logs.',
);

export interface CloudwatchLogsConfig {
  name: string;
  dataDir: string;
  access: AwsAccess;
  logGroup: string;
  filterPattern: string | undefined;
  everyMs: number;
  overlapMs: number;
  lookBackMs: number;
  service: string;
  environment: string | undefined;
}

/** @throws RingdownError `INVALID_SOURCE` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: SourceSettings): CloudwatchLogsConfig {
  const wrong: string[] = [];
  const access = readAccess(settings, wrong);
  const logGroup = settings.log_group;
  if (typeof logGroup !== 'string' || !new RegExp(GROUP_PATTERN).test(logGroup)) {
    wrong.push('log_group: say which, such as /aws/lambda/shop');
  }
  const duration = (key: string, fallback: string, least: number) => {
    const value = settings[key] ?? fallback;
    const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
    if (parsed === undefined) wrong.push(`${key}: ${JSON.stringify(value)} is not like "${fallback}"`);
    else if (parsed < least) wrong.push(`${key}: ${JSON.stringify(value)} is less than ${least / 1_000} s`);
    return parsed ?? 0;
  };
  const text = (key: string) => {
    const value = settings[key];
    if (value !== undefined && (typeof value !== 'string' || value === '')) wrong.push(`${key} is not a text`);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const config: CloudwatchLogsConfig = {
    name: settings.name,
    dataDir: settings.dataDir,
    access,
    logGroup: String(logGroup),
    filterPattern: text('filter_pattern'),
    // FilterLogEvents is limited to a few requests per second and account.
    everyMs: duration('every', '30s', 1_000),
    overlapMs: duration('overlap', '5m', 10_000),
    lookBackMs: duration('look_back', '10m', 1_000),
    service: text('service') ?? (String(logGroup).split('/').filter(Boolean).at(-1) || 'unknown_service'),
    environment: text('environment'),
  };
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('source', settings.name, wrong);
  return config;
}

export const loopsWith: LoopCheck = (source, backend) => {
  if (backend.type !== 'cloudwatch' || backend.region !== source.region || backend.url !== source.url) return undefined;
  const pattern = typeof backend.log_group === 'string' ? backend.log_group : DEFAULT_LOG_GROUP;
  if (!isOfPattern(pattern, String(source.log_group))) return undefined;
  return `source "${source.name}" would fetch what backend "${backend.name}" writes to ${source.log_group}, and send it there again`;
};
