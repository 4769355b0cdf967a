import { Type } from 'typebox';
import type { BackendSettings } from '../../exporter.ts';
import { otlpEndpointKeys, readOtlpEndpoint } from '../../otlp-http/config.ts';
import type { OtlpEndpointOptions } from '../../otlp-http/endpoint.ts';
import { backendSettings } from '../settings-schema.ts';

export const schema = backendSettings(
  'elastic-apm',
  {
    ...otlpEndpointKeys('http://127.0.0.1:8200'),
    api_key: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Encoded API key, sent as "Authorization: ApiKey …".',
        examples: ['${ELASTIC_API_KEY}'],
      }),
    ),
    secret_token: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Of an APM Server, sent as "Authorization: Bearer …".',
        examples: ['${ELASTIC_APM_SECRET_TOKEN}'],
      }),
    ),
    intake: Type.Optional(
      Type.Enum(['apm-server', 'managed'], {
        description: 'What answers at the url: an APM Server, when absent, or Elastic’s managed OTLP endpoint.',
        examples: ['managed'],
      }),
    ),
  },
  'Elastic APM: an APM Server or the managed OTLP endpoint.',
);

export type ElasticApmConfig = OtlpEndpointOptions & { intake: 'apm-server' | 'managed' };

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): ElasticApmConfig {
  return readOtlpEndpoint(schema, settings, (wrong) => {
    const { api_key: apiKey, secret_token: secretToken, intake = 'apm-server' } = settings;
    for (const [key, value] of Object.entries({ api_key: apiKey, secret_token: secretToken })) {
      if (value !== undefined && (typeof value !== 'string' || value === '')) wrong.push(`${key}: a text is expected`);
    }
    if (apiKey !== undefined && secretToken !== undefined) wrong.push('api_key and secret_token exclude each other');
    const isManaged = intake === 'managed';
    if (!isManaged && intake !== 'apm-server') wrong.push('intake: apm-server or managed is expected');
    if (isManaged && apiKey === undefined) wrong.push('api_key is missing: the managed endpoint takes nothing else');
    const authorization = apiKey
      ? `ApiKey ${String(apiKey)}`
      : secretToken
        ? `Bearer ${String(secretToken)}`
        : undefined;
    return {
      intake: isManaged ? ('managed' as const) : ('apm-server' as const),
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    };
  });
}
