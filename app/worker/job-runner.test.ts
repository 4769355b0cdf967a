import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { loadFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import { PRIVATE_KEY } from '../../scenarios/engine/testing/certificate.ts';
import { createSecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import type { Bundle, Job } from '../../scenarios/workers/protocol.ts';
import { problemOf } from '../../scenarios/workers/received-run.ts';
import { ControlTargets } from '../watchdog/control-targets.ts';
import { pack } from './bundles.ts';
import { JobRunner } from './job-runner.ts';

const SECRET = 'canary-of-the-worker';
const folder = mkdtempSync(join(tmpdir(), 'ringdown-bundle-'));
const file = join(folder, 'posts.scenario.yaml');
let server: Server;
let asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(200).end(JSON.stringify({ echo: request.headers.authorization }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const TEXT = `version: 1
id: posts
name: Posts
service: shop
locations: [seoul]
secrets: [KEY]
data: { file: ./rows.csv }
steps:
  - include: ./steps.yaml
`;
const STEPS = `version: 1
steps:
  - name: read
    request: { method: GET, url: "/{{ row.path }}", headers: { authorization: "{{ secrets.KEY }}" } }
`;

function write(text = TEXT): void {
  writeFileSync(file, text);
  writeFileSync(join(folder, 'rows.csv'), 'path\none\ntwo\n');
  writeFileSync(join(folder, 'steps.yaml'), STEPS);
}

async function run(bundle: Bundle | undefined, env: Record<string, string>) {
  const clock = systemClock;
  const runner = new JobRunner({
    clock,
    secrets: createSecretProvider({}, { clock, env }),
    functions: await loadFunctions([]),
    controlTargets: new ControlTargets([], clock),
    bundle: async () => bundle,
  });
  const job: Job = {
    lease: 'l1',
    monitor: 'posts@local',
    scheduled_at: '2026-11-23T12:00:00.000Z',
    bundle: bundle?.id ?? '',
    environment: { name: 'local', base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    allowed_targets: [],
  };
  return await runner.run(job, new AbortController().signal);
}

function packed(): Bundle {
  const found = pack({ file });
  if ('refused' in found) throw new Error(found.refused);
  // As it arrives, with nothing of it on this disk.
  rmSync(join(folder, 'rows.csv'));
  rmSync(join(folder, 'steps.yaml'));
  return JSON.parse(JSON.stringify(found.bundle)) as Bundle;
}

test('a scenario runs from what travelled, with the secrets of the worker, which its result does not tell', async () => {
  write();
  asked = [];
  const bundle = packed();
  const made = await run(bundle, { KEY: SECRET });
  expect(asked).toEqual([`/one ${SECRET}`, `/two ${SECRET}`]);
  const sent = JSON.parse(JSON.stringify(made!.report)) as { run: unknown };
  expect(problemOf(sent.run)).toBeNull();
  expect(sent.run).toMatchObject({ status: 'passed', monitor: 'posts@local' });
  expect(JSON.stringify([bundle, sent])).not.toContain(SECRET);
});

test.each([
  ['a secret that the worker has not', () => write(), {}, /secret KEY/],
  [
    'a key that only a newer Ringdown knows',
    () => write(`${TEXT}teleport: true\n`),
    { KEY: SECRET },
    /unknown key "teleport"/,
  ],
])('%s is told as a refusal, never as a failure', async (_what, prepare, env, reason) => {
  prepare();
  asked = [];
  expect((await run(packed(), env))!.report).toEqual({ lease: 'l1', refused: expect.stringMatching(reason) });
  expect(asked).toEqual([]);
});

test('where the scenario cannot be fetched, nothing is said', async () => {
  expect(await run(undefined, {})).toBeUndefined();
});

test('a private key does not travel', () => {
  write(`${TEXT}connection: { client_certificate: { cert: ./cert.pem, key: ./key.pem } }\n`);
  writeFileSync(join(folder, 'key.pem'), PRIVATE_KEY);
  expect(pack({ file })).toEqual({ refused: expect.stringContaining('key.pem holds a private key') });
});
