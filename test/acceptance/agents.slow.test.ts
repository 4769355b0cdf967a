import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type AgentPeer, PEER_CERTIFICATE, startElasticApmPeer, startNewRelicPeer } from '../support/agent-peers.ts';
import { ROOT, temporaryFolder } from '../support/ringdown.ts';

/** The reference API under vendors' agents, on real processes; what they report to is a stand-in. */
let peer: AgentPeer | undefined;
let child: ChildProcess | undefined;
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await peer?.close();
  folder.remove();
});

function launch(env: Record<string, string>): { url: Promise<string>; said(): string } {
  let output = '';
  child = spawn(process.execPath, [join(ROOT, 'api/main.ts'), '--port', '0', '--data-dir', folder.path], {
    cwd: folder.path,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  const url = new Promise<string>((resolve, reject) => {
    child!.once('message', (message: { url: string }) => resolve(message.url));
    child!.once('exit', (code) => reject(new Error(`it ended with ${code}: ${output}`)));
  });
  return { url, said: () => output };
}

test('elastic-apm: a request becomes a transaction of its route', async () => {
  peer = await startElasticApmPeer();
  const api = launch({
    API_INSTRUMENTATION: 'elastic-apm',
    ELASTIC_APM_SERVER_URL: `http://127.0.0.1:${peer.port}`,
    ELASTIC_APM_API_REQUEST_TIME: '200ms',
    ELASTIC_APM_CLOUD_PROVIDER: 'none',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  });
  expect((await fetch(`${await api.url}/v1/posts/42`)).status).toBe(401);
  expect(await peer.transaction((name) => name.includes('/v1/posts/'))).toBe('GET /v1/posts/:id');
});

test('newrelic: a request becomes a transaction, and nothing is written into the working directory', async () => {
  peer = await startNewRelicPeer(500);
  const certificate = join(folder.path, 'peer.pem');
  writeFileSync(certificate, PEER_CERTIFICATE);
  const api = launch({
    API_INSTRUMENTATION: 'newrelic',
    NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
    NEW_RELIC_HOST: 'localhost',
    NEW_RELIC_PORT: String(peer.port),
    NODE_EXTRA_CA_CERTS: certificate,
    NEW_RELIC_UTILIZATION_DETECT_AWS: 'false',
    NEW_RELIC_UTILIZATION_DETECT_AZURE: 'false',
    NEW_RELIC_UTILIZATION_DETECT_GCP: 'false',
  });
  const url = await api.url;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await peer.transaction((name) => name.includes('/healthz'))).toContain('Fastify/GET');
  expect(existsSync(join(folder.path, 'newrelic_agent.log'))).toBe(false);
});

test.each([
  [{ API_INSTRUMENTATION: 'dynatrace' }, 'API_INSTRUMENTATION must be one of ringdown, elastic-apm, newrelic, none'],
  [{ API_INSTRUMENTATION: 'elastic-apm' }, 'needs ELASTIC_APM_SERVER_URL'],
  [{ API_INSTRUMENTATION: 'newrelic' }, 'needs NEW_RELIC_LICENSE_KEY'],
])('%j ends the start with a hint', async (env, words) => {
  const api = launch(env);
  await expect(api.url).rejects.toThrow(/ended with 2/);
  expect(api.said()).toContain(words);
  expect(api.said()).toContain('hint:');
});
