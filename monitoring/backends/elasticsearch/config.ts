import { Type } from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../core/units.ts';
import type { BackendSettings } from '../../exporter.ts';
import { readAuthorities } from '../../http/authorities.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { backendSettings } from '../settings-schema.ts';

const Text = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 1, description, examples: [example] }));

const own = {
  url: Type.String({
    pattern: '^https?://',
    'x-expected': 'a URL that begins with http:// or https://',
    description: 'Of a node or a load balancer before several.',
    examples: ['https://elastic.example.com:9200'],
  }),
  api_key: Text('Encoded API key, as Kibana shows it.', '${ELASTIC_API_KEY}'),
  username: Text('With `password`, where there is no API key.', 'ringdown'),
  password: Text('Of `username`.', '${ELASTIC_PASSWORD}'),
  ca_file: Text('PEM file of the authority that signed the server certificate.', '/etc/ringdown/elastic-ca.pem'),
  prefix: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9_]{0,30}$',
      'x-expected': 'lower-case letters, digits and underscores',
      description: 'First part of the data set in the names of data streams: traces-<prefix>.<service>-<environment>.',
      examples: ['ringdown'],
    }),
  ),
  retention: Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      'x-expected': 'a duration such as 12h or 30d',
      description: 'Older data is deleted by Elasticsearch. 30d when absent.',
      examples: ['30d'],
    }),
  ),
  gzip: Type.Optional(
    Type.Boolean({
      description: 'Compresses what is sent: less traffic, more CPU. true when absent.',
      examples: [true],
    }),
  ),
  provision: Type.Optional(
    Type.Boolean({
      description:
        'false leaves the templates to `ringdown backends provision`, run once with a key that may make them. true when absent.',
      examples: [true],
    }),
  ),
};

export const schema = backendSettings(
  'elasticsearch',
  own,
  'Elasticsearch 9: data streams for traces, metrics and logs.',
);

export interface ElasticsearchConfig {
  name: string;
  url: string;
  auth: { apiKey: string } | { username: string; password: string } | undefined;
  /** PEM of the authority that signed the server certificate. */
  ca: string | undefined;
  prefix: string;
  /** Whole hours. */
  retentionHours: number;
  gzip: boolean;
  provision: boolean;
}

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once, without values of secrets */
export function readConfig(settings: BackendSettings): ElasticsearchConfig {
  const wrong: string[] = [];
  const text = (key: string) => {
    const value = settings[key];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    wrong.push(`${key} is not a text`);
    return undefined;
  };
  const flag = (key: string) => {
    const value = settings[key] ?? true;
    if (typeof value !== 'boolean') wrong.push(`${key} is neither true nor false`);
    return value === true;
  };
  const url = text('url') ?? '';
  if (!isHttpUrl(url)) wrong.push('url is not one that begins with http:// or https://');
  const [apiKey, username, password] = [text('api_key'), text('username'), text('password')];
  if (apiKey && (username || password)) wrong.push('api_key and username exclude each other');
  if (!username !== !password) wrong.push('username and password go together');
  const caFile = text('ca_file');
  if (caFile && url.startsWith('http:')) wrong.push('ca_file needs a url that begins with https://');
  const prefix = text('prefix') ?? 'ringdown';
  if (!/^[a-z0-9][a-z0-9_]{0,30}$/.test(prefix))
    wrong.push('prefix is not of lower-case letters, digits and underscores');
  const retention = text('retention') ?? '30d';
  const retentionMs = parseDuration(retention);
  if (retentionMs === undefined) wrong.push(`retention: ${JSON.stringify(retention)} is not like "30d"`);
  else if (retentionMs < 3_600_000) wrong.push(`retention: ${JSON.stringify(retention)} is less than an hour`);
  wrong.push(...unknownKeys(schema, settings));
  const config: ElasticsearchConfig = {
    name: settings.name,
    url,
    auth: apiKey ? { apiKey } : username && password ? { username, password } : undefined,
    ca: readAuthorities(caFile, wrong),
    prefix,
    retentionHours: Math.floor((retentionMs ?? 0) / 3_600_000),
    gzip: flag('gzip'),
    provision: flag('provision'),
  };
  refuseIfWrong('backend', settings.name, wrong);
  return config;
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
