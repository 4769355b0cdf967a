import { Type } from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../core/units.ts';
import type { BackendSettings } from '../../exporter.ts';
import { checkUrl } from '../../otlp-http/config.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { backendSettings } from '../settings-schema.ts';

export const schema = backendSettings(
  'prometheus',
  {
    listen: Type.Optional(
      Type.String({
        pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):\\d{1,5}$',
        'x-expected': 'host:port',
        description:
          'Where Prometheus fetches /metrics; 127.0.0.1:9464 when absent. Other than loopback needs a token.',
        examples: ['127.0.0.1:9464'],
      }),
    ),
    token: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Bearer token that Prometheus must show.',
        examples: ['${SCRAPE_TOKEN}'],
      }),
    ),
    query_url: Type.Optional(
      Type.String({
        pattern: '^https?://',
        'x-expected': 'a URL that begins with http:// or https://',
        description: 'Base URL of the Prometheus that fetches, to ask it questions.',
        examples: ['http://127.0.0.1:9090'],
      }),
    ),
    query_token: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Bearer token for query_url.',
        examples: ['${PROMETHEUS_TOKEN}'],
      }),
    ),
    span_metrics: Type.Optional(
      Type.Boolean({
        description: 'Requests are counted and measured from SERVER spans; true when absent.',
        examples: [true],
      }),
    ),
    max_series: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          'Lines of the page, 36 for a histogram of requests; 100,000 when absent. Past it, new label sets of a metric share one series with otel_metric_overflow="true".',
        examples: [100_000],
      }),
    ),
    expire_after: Type.Optional(
      Type.String({
        pattern: DURATION_PATTERN,
        'x-expected': 'a duration such as 30s, 5m or 7d',
        description: 'Series of which nothing was heard for so long are no longer shown; 1h when absent.',
        examples: ['1h'],
      }),
    ),
  },
  'A scrape endpoint with exemplars, for Prometheus to fetch.',
);

export interface PrometheusConfig {
  dataDir: string;
  host: string;
  port: number;
  token?: string;
  queryUrl?: string;
  queryToken?: string;
  spanMetrics: boolean;
  maxSeries: number;
  expireAfterMs: number;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): PrometheusConfig {
  const wrong: string[] = [];
  const {
    listen = '127.0.0.1:9464',
    token,
    query_url: queryUrl,
    query_token: queryToken,
    span_metrics: spanMetrics = true,
    max_series: maxSeries = 100_000,
    expire_after: expireAfter = '1h',
  } = settings;
  const place = typeof listen === 'string' ? /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(listen) : null;
  const host = place?.[1] ?? place?.[2] ?? '';
  const port = Number(place?.[3]);
  if (!place || port > 65_535) wrong.push('listen: host:port is expected, such as 127.0.0.1:9464');
  else if (!LOOPBACK.test(host) && token === undefined) wrong.push(`listen: ${host} is not loopback and needs a token`);
  for (const [key, value] of Object.entries({ token, query_token: queryToken })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) wrong.push(`${key}: a text is expected`);
  }
  if (queryUrl !== undefined) checkUrl('query_url', queryUrl, wrong);
  if (typeof spanMetrics !== 'boolean') wrong.push('span_metrics: true or false is expected');
  if (!Number.isInteger(maxSeries) || (maxSeries as number) < 1)
    wrong.push('max_series: a whole number from 1 is expected');
  const expireAfterMs = typeof expireAfter === 'string' ? parseDuration(expireAfter) : undefined;
  if (expireAfterMs === undefined) wrong.push('expire_after: a duration such as 1h is expected');
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return {
    dataDir: settings.dataDir,
    host,
    port,
    ...(token === undefined ? {} : { token: token as string }),
    ...(queryUrl === undefined ? {} : { queryUrl: queryUrl as string }),
    ...(queryToken === undefined ? {} : { queryToken: queryToken as string }),
    spanMetrics: spanMetrics === true,
    maxSeries: maxSeries as number,
    expireAfterMs: expireAfterMs!,
  };
}
