import { register } from 'node:module';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { MODES, modeOf } from './mode.ts';

const SERVICE_NAME = 'reference-api';

/**
 * Loads the vendor's agent that API_INSTRUMENTATION names, before whatever it watches is loaded. Agents read their own
 * variables; what is set here stands in for those that are absent.
 * @throws RingdownError `INVALID_CONFIG`, exit code 2
 */
export async function loadAgent(env: NodeJS.ProcessEnv): Promise<void> {
  const mode = modeOf(env);
  if (mode === undefined) throw invalid(`API_INSTRUMENTATION must be one of ${MODES.join(', ')}`);
  if (mode === 'elastic-apm') await loadElasticApm(env);
  if (mode === 'newrelic') await loadNewRelic(env);
}

/** @see https://www.elastic.co/docs/reference/apm/agents/nodejs/configuration */
async function loadElasticApm(env: NodeJS.ProcessEnv): Promise<void> {
  if (!env.ELASTIC_APM_SERVER_URL) throw invalid('API_INSTRUMENTATION=elastic-apm needs ELASTIC_APM_SERVER_URL');
  env.ELASTIC_APM_SERVICE_NAME ??= SERVICE_NAME;
  env.ELASTIC_APM_LOG_LEVEL ??= 'warn';
  register('elastic-apm-node/loader.mjs', import.meta.url);
  const { default: agent } = await import('elastic-apm-node');
  agent.start();
}

/** @see https://docs.newrelic.com/docs/apm/agents/nodejs-agent/installation-configuration/nodejs-agent-configuration/ */
async function loadNewRelic(env: NodeJS.ProcessEnv): Promise<void> {
  if (!env.NEW_RELIC_LICENSE_KEY) throw invalid('API_INSTRUMENTATION=newrelic needs NEW_RELIC_LICENSE_KEY');
  env.NEW_RELIC_APP_NAME ??= SERVICE_NAME;
  // Where it is told nothing it writes a file into the working directory.
  env.NEW_RELIC_LOG ??= 'stderr';
  env.NEW_RELIC_LOG_LEVEL ??= 'warn';
  register('newrelic/esm-loader.mjs', import.meta.url);
  await import('newrelic');
}

function invalid(message: string): RingdownError {
  return new RingdownError('INVALID_CONFIG', message, { hint: 'see npm run api -- --help', exitCode: EXIT.usage });
}
