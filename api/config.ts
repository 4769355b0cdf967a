import { parseArgs } from 'node:util';
import { EXIT, RingdownError } from '../core/errors.ts';
import { SHORTEST_PASSWORD } from './accounts/schemas.ts';
import { modeOf } from './instrumentation/mode.ts';

export interface ApiConfig {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  dataDir: string;
  readyFile: string | undefined;
  logLevel: string;
  version: string;
  /** Undefined when breaking the API on purpose is not wanted. */
  faultsToken: string | undefined;
  qaPassword: string | undefined;
  jwtSecret: string | undefined;
  /** Which receivers the environment names; `@ringdown/instrument` reads their addresses itself. */
  telemetry: { otlp: boolean; statsd: boolean };
}

export const USAGE = `Usage: npm run api -- [--port 8080] [--host 127.0.0.1] [--data-dir .ringdown] [--ready-file F]

Environment:
  QA_PASSWORD                   seeds qa@example.com with this password
  JWT_SECRET                    signs access tokens (default: a key kept in the data directory)
  API_FAULTS, API_FAULTS_TOKEN  "true" and a token open /__faults
  OTEL_EXPORTER_OTLP_ENDPOINT   where traces, metrics and logs go, e.g. http://127.0.0.1:4318
  STATSD_ADDRESS                where StatsD metrics go, e.g. 127.0.0.1:8125
  API_INSTRUMENTATION           ringdown (default), elastic-apm, newrelic or none
  ELASTIC_APM_SERVER_URL        of elastic-apm, with the agent's other ELASTIC_APM_… variables
  NEW_RELIC_LICENSE_KEY         of newrelic, with the agent's other NEW_RELIC_… variables
  SERVICE_VERSION, LOG_LEVEL
`;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
/** HS256 wants a key as long as its hash (RFC 7518 §3.2). */
const SHORTEST_SECRET_BYTES = 32;

/**
 * Reads flags and environment, all mistakes at once.
 * @param packageVersion used when SERVICE_VERSION is not set
 * @throws RingdownError `INVALID_CONFIG`, exit code 2
 */
export function readConfig(args: string[], env: NodeJS.ProcessEnv, packageVersion: string): ApiConfig {
  const mistakes: string[] = [];
  const flags = readFlags(args);
  const port = Number(flags.port);
  if (!/^\d+$/.test(flags.port) || port > 65_535) mistakes.push(`--port must be 0 to 65535, not "${flags.port}"`);

  const faults = env.API_FAULTS === 'true';
  if (env.API_FAULTS !== undefined && !['true', 'false', ''].includes(env.API_FAULTS)) {
    mistakes.push('API_FAULTS must be "true" or "false"');
  }
  if (faults && !env.API_FAULTS_TOKEN) mistakes.push('API_FAULTS=true needs API_FAULTS_TOKEN');
  if (env.QA_PASSWORD && env.QA_PASSWORD.length < SHORTEST_PASSWORD) {
    mistakes.push(`QA_PASSWORD must have at least ${SHORTEST_PASSWORD} characters`);
  }
  if (env.JWT_SECRET && Buffer.byteLength(env.JWT_SECRET) < SHORTEST_SECRET_BYTES) {
    mistakes.push(`JWT_SECRET must have at least ${SHORTEST_SECRET_BYTES} bytes`);
  }
  const logLevel = env.LOG_LEVEL || 'info';
  if (!LOG_LEVELS.includes(logLevel)) mistakes.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  // A vendor's agent watches instead of us, not besides: both would count every request.
  const isOurs = modeOf(env) === 'ringdown';
  if (mistakes.length > 0) throw invalid(mistakes.join('; '));

  return {
    host: flags.host,
    port,
    dataDir: flags['data-dir'],
    readyFile: flags['ready-file'],
    logLevel,
    version: env.SERVICE_VERSION || packageVersion,
    faultsToken: faults ? env.API_FAULTS_TOKEN : undefined,
    qaPassword: env.QA_PASSWORD || undefined,
    jwtSecret: env.JWT_SECRET || undefined,
    telemetry: {
      otlp: isOurs && Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT),
      statsd: isOurs && Boolean(env.STATSD_ADDRESS),
    },
  };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
        'data-dir': { type: 'string', default: '.ringdown' },
        'ready-file': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(message: string): RingdownError {
  return new RingdownError('INVALID_CONFIG', message, { hint: 'see npm run api -- --help', exitCode: EXIT.usage });
}
