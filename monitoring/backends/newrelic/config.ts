import { Type } from 'typebox';
import type { BackendSettings } from '../../exporter.ts';
import { checkUrl, otlpEndpointKeys, readOtlpEndpoint } from '../../otlp-http/config.ts';
import type { OtlpEndpointOptions } from '../../otlp-http/endpoint.ts';
import { backendSettings } from '../settings-schema.ts';

const { url, ...keys } = otlpEndpointKeys('https://otlp.nr-data.net');

export const schema = backendSettings(
  'newrelic',
  {
    api_key: Type.String({
      minLength: 1,
      description: 'License key, for sending.',
      examples: ['${NEW_RELIC_LICENSE_KEY}'],
    }),
    region: Type.Optional(
      Type.Enum(['us', 'eu', 'fedramp'], { description: 'Where the account lives; us when absent.', examples: ['eu'] }),
    ),
    url: Type.Optional({ ...url, description: 'Instead of the region’s own address.' }),
    user_key: Type.Optional(
      Type.String({ minLength: 1, description: 'User key, for questions.', examples: ['${NEW_RELIC_USER_KEY}'] }),
    ),
    account_id: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Account that questions are about.', examples: [1234567] }),
    ),
    query_url: Type.Optional({
      ...url,
      description: 'NerdGraph, instead of the region’s own address.',
      examples: ['https://api.newrelic.com/graphql'],
    }),
    ...keys,
  },
  'New Relic, over its OTLP endpoint.',
);

/** @see https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp/ */
const SEND_TO = {
  us: 'https://otlp.nr-data.net',
  eu: 'https://otlp.eu01.nr-data.net',
  fedramp: 'https://gov-otlp.nr-data.net',
};
/** @see https://newrelic.com/info/nerdgraph-graphql-api-introduction */
const ASK_AT = {
  us: 'https://api.newrelic.com/graphql',
  eu: 'https://api.eu.newrelic.com/graphql',
  fedramp: 'https://gov-api.newrelic.com/graphql',
};

export interface NewRelicConfig {
  endpoint: OtlpEndpointOptions;
  /** How to ask; absent where no user key is given. */
  query?: { url: string; userKey: string; accountId: number };
}

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): NewRelicConfig {
  const { user_key: userKey, account_id: accountId, query_url: queryUrl } = settings;
  const region = (settings.region ?? 'us') as keyof typeof SEND_TO;
  const endpoint = readOtlpEndpoint(schema, settings, (wrong) => {
    const { api_key: apiKey } = settings;
    if (typeof apiKey !== 'string' || apiKey === '') wrong.push('api_key is missing: the license key of the account');
    if (!Object.hasOwn(SEND_TO, region)) wrong.push('region: us, eu or fedramp is expected');
    if ((userKey === undefined) !== (accountId === undefined)) wrong.push('user_key and account_id belong together');
    if (userKey !== undefined && (typeof userKey !== 'string' || userKey === ''))
      wrong.push('user_key: a text is expected');
    if (accountId !== undefined && !(Number.isInteger(accountId) && (accountId as number) > 0)) {
      wrong.push('account_id: a whole number is expected');
    }
    if (queryUrl !== undefined) checkUrl('query_url', queryUrl, wrong);
    return {
      url: settings.url === undefined ? (SEND_TO[region] ?? '') : checkUrl('url', settings.url, wrong),
      headers: { 'api-key': String(apiKey) },
    };
  });
  if (userKey === undefined) return { endpoint };
  return {
    endpoint,
    query: {
      url: (queryUrl as string | undefined) ?? ASK_AT[region],
      userKey: userKey as string,
      accountId: accountId as number,
    },
  };
}
