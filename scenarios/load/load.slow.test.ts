import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { findK6, type K6Binary } from './k6-binary.ts';
import type { Progress } from './k6-process.ts';
import { type LoadTest, loadTest } from './load-test.ts';
import { agreementServer } from './testing/agreement-server.ts';
import { startGreeter } from './testing/greeter.ts';
import { k6ForTests } from './testing/install-k6.ts';
import { parsed, scriptOf } from './testing/parse.ts';

const HEAD = 'version: 1\nid: load\nname: Load\nservice: api\nsecrets: [KEY]\n';

let server: Awaited<ReturnType<typeof agreementServer>>;
let k6: K6Binary;
beforeAll(async () => {
  k6 = await findK6(await k6ForTests(), {});
  server = await agreementServer();
});
afterAll(() => server.close());

function start(yaml: string, more: Partial<LoadTest> = {}) {
  const text = HEAD + yaml;
  const made = scriptOf(text);
  if ('refusals' in made) throw new Error(JSON.stringify(made.refusals));
  return loadTest({
    scenario: parsed(text),
    environment: { name: 'local', baseUrl: server.origin },
    script: made,
    secrets: { KEY: 'correct horse battery' },
    k6,
    env: { PATH: process.env.PATH, K6_ITERATIONS: '1', K6_VUS: '1' },
    clock: systemClock,
    onProgress: () => {},
    abort: new AbortController().signal,
    ...more,
  });
}

const LOAD =
  'load: { phases: [{ duration: 3s, arrival_rate: 20 }], thresholds: { failed: { lt: 1% }, duration_p95: { lt: 2s } } }\n';

test('a test that holds its thresholds passes, and tells how it goes', async () => {
  const seen: Progress[] = [];
  const run = await start(`steps: [{ name: reading, request: GET /post }]\n${LOAD}`, {
    onProgress: (progress) => seen.push(progress),
  });
  expect(run).toMatchObject({ status: 'passed', degraded: false, failure: null, monitor: 'load@local:load' });
  const { iterations, steps, requests } = run.load;
  expect(iterations.count).toBeGreaterThanOrEqual(58);
  expect(iterations).toMatchObject({ failed: 0, dropped: 0 });
  expect(requests.unanswered).toBe(0);
  expect(steps).toMatchObject([
    {
      name: 'reading',
      runs: iterations.count,
      failed: 0,
      requests: iterations.count,
      checks: [{ name: 'status is 2xx', failed: 0 }],
    },
  ]);
  expect(seen.length).toBeGreaterThanOrEqual(2);
  expect(seen.at(-1)).toMatchObject({ failedShare: 0 });
  expect(seen.at(-1)!.iterations).toBeGreaterThan(seen[0]!.iterations);
});

test('a crossed threshold fails it', async () => {
  const run = await start(`steps: [{ name: reading, request: GET /status/500 }]\n${LOAD}`);
  expect(run).toMatchObject({
    status: 'failed',
    failure: { step: 'reading', message: 'failed is 100%, expected less than 1%' },
  });
  expect(run.load.messages).toEqual(['reading: does not hold: status is 2xx']);
});

test('a service that is not there is told once, without secrets or queries', async () => {
  const yaml = `steps: [{ name: reading, request: "GET /{{ secrets.KEY }}?token={{ $uuid }}" }]\n${LOAD}`;
  const run = await start(yaml, { environment: { name: 'local', baseUrl: 'http://127.0.0.1:9' } });
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.load.requests.unanswered).toBe(run.load.iterations.count);
  expect(run.load.requests.duration).toBeNull();
  expect(run.load.thresholds[1]).toMatchObject({ actual: 'nothing was measured', crossed: true });
  const said = JSON.stringify(run);
  expect(said).toContain('connection refused');
  expect(said).not.toMatch(/horse|token=/);
  expect(run.load.messages.length).toBeLessThan(5);
});

test('addresses that the engine refuses are refused', async () => {
  const yaml = `variables: { host: "http://10.11.12.13" }
steps:
  - { name: metadata, request: "GET http://169.254.169.254/latest", timeout: 5s }
always:
  - { name: private, request: "GET {{ host }}/x", timeout: 5s }
${LOAD.replace('3s', '1s').replace('20', '1')}`;
  const run = await start(yaml);
  expect(run.load.steps).toMatchObject([{ name: 'metadata' }, { name: 'private' }]);
  for (const step of run.load.steps) expect(step.failed).toBe(step.runs);
  expect(run.load.messages.join()).toMatch(/169\.254\.169\.254.*(?:blacklist|blocked)/);
  expect(run.load.messages.join()).toMatch(/10\.11\.12\.13.*(?:blacklist|blocked)/);
});

test('a test that is stopped reports what it has measured', async () => {
  const abort = new AbortController();
  const long = LOAD.replace('3s', '10m');
  const run = await start(`steps: [{ name: reading, request: GET /post }]\n${long}`, {
    abort: abort.signal,
    onProgress: ({ iterations }) => iterations >= 20 && abort.abort(),
  });
  expect(run).toMatchObject({ status: 'skipped', load: { stopped: true } });
  expect(run.load.iterations.count).toBeGreaterThanOrEqual(20);
  expect(run.duration_ms).toBeLessThan(60_000);
});

test('a script that does not run is a fault of this program, in the words of k6', async () => {
  await expect(
    start(`steps: [{ name: reading, request: GET /post }]\n${LOAD}`, {
      script: { script: 'export default', variables: {}, files: new Map() },
    }),
  ).rejects.toMatchObject({
    code: 'K6_FAILED',
    exitCode: 3,
    message: expect.stringMatching(/Line \d+:\d+ Unexpected/),
  });
});

describe('finding k6', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-k6-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a missing one is wrong usage, with where to get it', async () => {
    await expect(findK6(undefined, { PATH: folder })).rejects.toMatchObject({
      code: 'K6_MISSING',
      exitCode: 2,
      hint: expect.stringContaining('grafana.com/docs/k6'),
    });
  });

  test('something else is not taken for it', async () => {
    const other = join(folder, 'k6');
    writeFileSync(other, '#!/bin/sh\necho I am not k6\n');
    chmodSync(other, 0o755);
    await expect(findK6(undefined, { PATH: folder })).rejects.toMatchObject({
      message: `${other} does not run as k6: I am not k6`,
    });
  });

  test('K6_BIN goes before PATH, --k6 before both', async () => {
    const given = { PATH: folder, K6_BIN: k6.path };
    expect(await findK6(undefined, given)).toEqual(k6);
    await expect(findK6('/nowhere/k6', given)).rejects.toMatchObject({
      message: expect.stringContaining('/nowhere/k6'),
    });
  });
});

test('calls and conversations have their own figures, and the threshold holds for each kind', async () => {
  const greeter = await startGreeter();
  try {
    const run = await start(`steps:
  - { name: reading, request: GET /post }
  - { name: greeting, grpc: { url: "grpc://${greeter.address}", method: greeter.Greeter/SayHello, message: { name: Kim } } }
  - { name: talking, websocket: { url: /ws, messages: [{ receive: any }] } }
${LOAD.replace('failed', 'duration_max: { lt: 1ms }, failed')}`);
    const { iterations, steps, requests, thresholds } = run.load;
    expect(requests.count).toBe(3 * iterations.count);
    for (const step of steps) {
      expect(step).toMatchObject({ runs: iterations.count, failed: 0, requests: iterations.count });
      expect(step.duration!.max_ms).toBeGreaterThan(0);
    }
    expect(thresholds.map(({ metric, crossed }) => [metric, crossed])).toEqual([
      ['duration_max', true],
      ['failed', false],
      ['duration_p95', false],
    ]);
    expect(run.failure!.message).toMatch(/^duration_max is .*, expected less than 1 ms$/);
  } finally {
    greeter.close();
  }
});
