import { Type } from 'typebox';
import type { BackendSettings } from '../../exporter.ts';
import { otlpEndpointKeys, readOtlpEndpoint } from '../../otlp-http/config.ts';
import type { OtlpEndpointOptions } from '../../otlp-http/endpoint.ts';
import { backendSettings } from '../settings-schema.ts';

export const schema = backendSettings(
  'otlp',
  {
    ...otlpEndpointKeys('https://otlp.example.com'),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Sent with every request; keys and tokens go here.',
        examples: [{ authorization: 'Bearer ${OTLP_TOKEN}' }],
      }),
    ),
  },
  'Any destination that takes OTLP over HTTP, as binary protobuf.',
);

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): OtlpEndpointOptions {
  return readOtlpEndpoint(schema, settings, (wrong) => {
    const { headers = {} } = settings;
    const isMap = typeof headers === 'object' && headers !== null && !Array.isArray(headers);
    if (!isMap || !Object.values(headers).every((value) => typeof value === 'string')) {
      wrong.push('headers: names and their values as text are expected');
    }
    return { headers: headers as Record<string, string> };
  });
}
