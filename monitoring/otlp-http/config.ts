import { type TObject, Type } from 'typebox';
import type { BackendSettings } from '../exporter.ts';
import { readAuthorities } from '../http/authorities.ts';
import { refuseIfWrong, unknownKeys } from '../refuse-settings.ts';
import type { OtlpEndpointOptions } from './endpoint.ts';

/** Settings that every backend over OTLP/HTTP has. */
export function otlpEndpointKeys(url: string) {
  return {
    url: Type.String({
      pattern: '^https?://',
      'x-expected': 'a URL that begins with http:// or https://',
      description: 'Base URL; /v1/traces, /v1/metrics and /v1/logs are joined to it.',
      examples: [url],
    }),
    gzip: Type.Optional(
      Type.Boolean({ description: 'Compresses requests; true when absent.', examples: [true], default: true }),
    ),
    ca_file: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PEM file of the authorities to trust instead of the system’s.',
        examples: ['certs/ca.pem'],
      }),
    ),
  };
}

/** The same as one reads it for other URLs, such as that of a reader. */
export function checkUrl(key: string, value: unknown, wrong: string[]): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return value as string;
  wrong.push(value === undefined ? `${key} is missing` : `${key}: not a URL that begins with http:// or https://`);
  return '';
}

/**
 * Reads `url`, `gzip` and `ca_file`, and what `readOwn` adds.
 * @param readOwn pushes what is wrong, in words that show no secret
 * @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once
 */
export function readOtlpEndpoint<Own extends object>(
  schema: TObject,
  settings: BackendSettings,
  readOwn: (wrong: string[]) => Own,
): OtlpEndpointOptions & Own {
  const wrong: string[] = [];
  const own = readOwn(wrong);
  const { gzip = true, ca_file: caFile } = settings;
  const url = 'url' in own ? String(own.url) : checkUrl('url', settings.url, wrong);
  if (typeof gzip !== 'boolean') wrong.push('gzip: true or false is expected');
  if (caFile !== undefined && typeof caFile !== 'string') wrong.push('ca_file: the path of a PEM file is expected');
  const ca = typeof caFile === 'string' ? readAuthorities(caFile, wrong) : undefined;
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return { url, gzip: gzip === true, ...(ca === undefined ? {} : { ca }), ...own };
}
