import { Type } from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../core/units.ts';
import type { BackendSettings } from '../../exporter.ts';
import { readAuthorities } from '../../http/authorities.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { parseStatsdUrl, type StatsdTarget } from '../../statsd/target.ts';
import { backendSettings } from '../settings-schema.ts';

const Text = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 1, description, examples: [example] }));
const Duration = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      'x-expected': 'a duration such as 12h or 30d',
      description,
      examples: [example],
    }),
  );

const APIS = ['v1', 'v2', 'v3'] as const;
const COMPRESSIONS = ['gzip', 'none'] as const;

const own = {
  url: Type.String({ minLength: 1, description: 'Of InfluxDB.', examples: ['http://127.0.0.1:8086'] }),
  api: Type.Optional(Type.Enum([...APIS], { description: 'Which generation of InfluxDB it is.', examples: ['v1'] })),
  database: Text('Database of v1 and v3, bucket of v2.', 'ringdown'),
  org: Text('Organisation; v2 needs one.', 'acme'),
  retention_policy: Text('Of v1: raw telemetry is kept under it.', 'ringdown'),
  retention: Duration('Raw telemetry older than this is deleted by InfluxDB; at least 1h.', '30d'),
  rollup_retention: Duration('The same of the requests per route and minute; v1 only.', '365d'),
  username: Text('Of v1.', 'ringdown'),
  password: Text('Of v1.', '${INFLUXDB_PASSWORD}'),
  token: Text('Of v2 and v3.', '${INFLUXDB_TOKEN}'),
  telegraf: Text(
    'StatsD lines go on to it instead of to InfluxDB: udp://host:port, tcp://host:port or unix:///path.',
    'udp://127.0.0.1:8125',
  ),
  compression: Type.Optional(Type.Enum([...COMPRESSIONS], { description: 'Of what is written.', examples: ['gzip'] })),
  ca_file: Text('PEM of the authorities to trust instead of the system’s.', '/etc/ringdown/ca.pem'),
};

export const schema = backendSettings('tick', own, 'InfluxDB, with Telegraf in front of it for StatsD if wished.');

export interface TickConfig {
  name: string;
  dataDir: string;
  url: string;
  api: (typeof APIS)[number];
  database: string;
  org: string | undefined;
  retentionPolicy: string;
  retentionMs: number;
  rollupRetentionMs: number;
  username: string | undefined;
  password: string | undefined;
  token: string | undefined;
  telegraf: StatsdTarget | undefined;
  compress: boolean;
  /** PEM of the authorities to trust instead of the system’s. */
  ca: string | undefined;
}

const HOUR_MS = 3_600_000;

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): TickConfig {
  const wrong: string[] = [];
  const text = (key: string): string | undefined => {
    const value = settings[key];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    wrong.push(`${key}: expected a text that is not empty`);
    return undefined;
  };
  const choice = <T extends string>(key: string, options: readonly T[], fallback: T): T => {
    const value = settings[key] ?? fallback;
    if (options.includes(value as T)) return value as T;
    wrong.push(`${key}: expected one of ${options.join(', ')}`);
    return fallback;
  };
  const retention = (key: string, fallback: string): number => {
    const ms = parseDuration(text(key) ?? fallback);
    if (ms === undefined) wrong.push(`${key}: expected a duration such as "${fallback}"`);
    else if (ms < HOUR_MS) wrong.push(`${key}: InfluxDB keeps data for 1h at least`);
    return ms ?? 0;
  };
  const telegraf = text('telegraf');
  const api = choice('api', APIS, 'v1');
  const config: TickConfig = {
    name: settings.name,
    dataDir: settings.dataDir,
    url: text('url') ?? '',
    api,
    database: text('database') ?? 'ringdown',
    org: text('org'),
    retentionPolicy: text('retention_policy') ?? 'ringdown',
    retentionMs: retention('retention', '30d'),
    rollupRetentionMs: retention('rollup_retention', '365d'),
    username: text('username'),
    password: text('password'),
    token: text('token'),
    telegraf: telegraf === undefined ? undefined : parseStatsdUrl(telegraf),
    compress: choice('compression', COMPRESSIONS, 'gzip') === 'gzip',
    ca: readAuthorities(text('ca_file'), wrong),
  };
  if (telegraf !== undefined && !config.telegraf)
    wrong.push('telegraf: expected udp://host:port, tcp://host:port or unix:///path');
  if (settings.url === undefined) wrong.push('url is missing: where InfluxDB listens, such as http://127.0.0.1:8086');
  else if (!/^https?:$/.test(URL.parse(config.url)?.protocol ?? '')) wrong.push('url: expected http:// or https://');
  if (api === 'v2' && config.org === undefined)
    wrong.push('org is missing: api v2 writes to a bucket of an organisation');
  if (api !== 'v1' && config.username !== undefined) wrong.push(`username: api ${api} signs in with a token`);
  if (api === 'v1' && config.token !== undefined) wrong.push('token: api v1 signs in with username and password');
  if ((config.username === undefined) !== (config.password === undefined))
    wrong.push('username and password go together');
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return config;
}
