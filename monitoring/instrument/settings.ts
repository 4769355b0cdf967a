import { getStringFromEnv } from '@opentelemetry/core';

export interface InstrumentOptions {
  /** `service.name` of everything sent. Default: OTEL_SERVICE_NAME, then `unknown_service:node`. */
  serviceName?: string;
  /** `service.version`; a new one is shown as a deployment. */
  serviceVersion?: string;
  /** `deployment.environment.name`. */
  environment?: string;
  /** Base URL of an OTLP/HTTP receiver. Default: OTEL_EXPORTER_OTLP_ENDPOINT, then http://127.0.0.1:4318. */
  otlpEndpoint?: string;
  /** Extra request headers of every export, over those of OTEL_EXPORTER_OTLP_HEADERS. */
  otlpHeaders?: Record<string, string>;
  /** Sent as `Authorization: Bearer <token>`. */
  token?: string;
  /** Address of a StatsD server; `false` sends none. Default: STATSD_ADDRESS ("host:port"), then 127.0.0.1:8125. */
  statsd?: false | { host: string; port: number };
}

export interface Settings {
  /** Undefined when nobody named the service. */
  serviceName: string | undefined;
  serviceVersion: string | undefined;
  environment: string | undefined;
  endpoint: URL;
  headers: Record<string, string>;
  statsd: { host: string; port: number } | undefined;
}

/** Every mistake in the options or the environment, in one error at start. */
export class InvalidInstrumentOptions extends Error {
  override name = 'InvalidInstrumentOptions';
}

/** Options first, then the environment, then the defaults. Throws `InvalidInstrumentOptions` naming all mistakes. */
export function readSettings(options: InstrumentOptions): Settings {
  const mistakes: string[] = [];
  const endpoint = readEndpoint(options.otlpEndpoint, mistakes);
  const statsd = readStatsdAddress(options.statsd, mistakes);
  const headers = { ...readHeaders(getStringFromEnv('OTEL_EXPORTER_OTLP_HEADERS'), mistakes), ...options.otlpHeaders };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  if (mistakes.length > 0) throw new InvalidInstrumentOptions(mistakes.join('; '));
  return {
    serviceName: options.serviceName || getStringFromEnv('OTEL_SERVICE_NAME'),
    serviceVersion: options.serviceVersion,
    environment: options.environment,
    endpoint: endpoint as URL,
    headers,
    statsd,
  };
}

function readEndpoint(option: string | undefined, mistakes: string[]): URL | undefined {
  const source = option === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'otlpEndpoint';
  const text = option ?? getStringFromEnv('OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://127.0.0.1:4318';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  mistakes.push(`${source} must be an http or https URL such as http://127.0.0.1:4318, not ${JSON.stringify(text)}`);
  return undefined;
}

function readStatsdAddress(
  option: InstrumentOptions['statsd'],
  mistakes: string[],
): { host: string; port: number } | undefined {
  if (option === false) return undefined;
  const text = option ? `${option.host}:${option.port}` : (getStringFromEnv('STATSD_ADDRESS') ?? '127.0.0.1:8125');
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(colon + 1));
  if (colon > 0 && host !== '' && Number.isInteger(port) && port > 0 && port < 65_536) return { host, port };
  const source = option ? 'statsd' : 'STATSD_ADDRESS';
  mistakes.push(`${source} must be host:port such as 127.0.0.1:8125, not ${JSON.stringify(text)}`);
  return undefined;
}

/** `key=value` pairs separated by commas, values percent-encoded (OTLP exporter specification). */
function readHeaders(text: string | undefined, mistakes: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      // The pair may hold a key, so it is not quoted.
      if (pair.trim() !== '') mistakes.push('OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs separated by commas');
      continue;
    }
    const value = pair.slice(equals + 1).trim();
    try {
      headers[pair.slice(0, equals).trim().toLowerCase()] = decodeURIComponent(value);
    } catch {
      // Not percent-encoded after all: vendors' own snippets often are not.
      headers[pair.slice(0, equals).trim().toLowerCase()] = value;
    }
  }
  return headers;
}
