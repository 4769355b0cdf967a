import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { terminal } from '../../terminal.ts';
import { checkDeployed } from './check.ts';
import { compilePolicyFiles } from './compile.ts';

let folder = '';
let said: { out: string[]; err: string[] };

const POLICY = (rules: string) => `version: 1
id: critical
priority: P1
rules:
${rules}
escalation:
  - { after: 0s, notify: [all] }
`;
const ERRORS =
  '  - { id: errors, threshold: { of: { requests: { service: api, status: 5xx }, window: 5m }, is: { gte: 10 } } }';
const LOGS = '  - { id: logs, threshold: { of: { logs: { service: billing } }, is: { gt: 5 } } }';
const QUEUE =
  '  - { id: queue, threshold: { of: { metric: queue.depth, aggregate: count, window: 1m }, is: { gt: 5 } }, no_data: ok }';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compile-'));
  said = { out: [], err: [] };
  jest.spyOn(terminal, 'out').mockImplementation((line) => said.out.push(line) > 0);
  jest.spyOn(terminal, 'err').mockImplementation((line) => said.err.push(line) > 0);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const written = (rules: string) => {
  const file = join(folder, 'critical.policy.yaml');
  writeFileSync(file, POLICY(rules));
  return file;
};

function options(files: string[], target: string) {
  return {
    files,
    config: undefined,
    target,
    approximate: false,
    settings: [],
    metrics: undefined,
    json: false,
    out: undefined as string | undefined,
  };
}

test('files go into the folder that is named', async () => {
  const out = join(folder, 'made');
  expect(await compilePolicyFiles({ ...options([written(ERRORS)], 'prometheus'), out })).toBe(0);
  expect(readFileSync(join(out, 'ringdown.rules.yml'), 'utf8')).toContain('- alert: critical/errors');
  expect(readFileSync(join(out, 'alertmanager.yml'), 'utf8')).toContain(
    'http://127.0.0.1:4000/api/v1/inbound/alertmanager',
  );
  expect(said.err.join()).toContain('1 rule for Prometheus and Alertmanager');
});

test('what a target cannot express is refused at its place, and nothing is written', async () => {
  const file = written(`${ERRORS}\n${LOGS}`);
  const out = join(folder, 'made');
  expect(await compilePolicyFiles({ ...options([file], 'prometheus'), out })).toBe(2);
  expect(existsSync(out)).toBe(false);
  expect(said.err[0]).toContain(`${file}:6:42: Prometheus keeps no logs`);
});

test('what comes near is taken only when that is allowed, and then listed', async () => {
  const metrics = join(folder, 'metrics.yaml');
  writeFileSync(metrics, 'queue.depth: { type: gauge }\n');
  const given = { ...options([written(QUEUE)], 'prometheus'), metrics, out: join(folder, 'made') };
  expect(await compilePolicyFiles(given)).toBe(2);
  expect(said.err[0]).toContain('--approximate takes it');
  said.err.length = 0;
  expect(await compilePolicyFiles({ ...given, approximate: true })).toBe(0);
  expect(said.err[0]).toMatch(/approximate.* count: Prometheus counts scrapes/);
  expect(readFileSync(join(folder, 'made/ringdown.rules.yml'), 'utf8')).toContain('# approximate: count:');
});

test('an unknown target, an unknown setting and a wrong file of metrics are told', async () => {
  const file = written(ERRORS);
  await expect(compilePolicyFiles(options([file], 'prometeus'))).rejects.toMatchObject({
    exitCode: 2,
    hint: 'did you mean "prometheus"?',
  });
  await expect(compilePolicyFiles({ ...options([file], 'kapacitor'), settings: ['db=x'] })).rejects.toMatchObject({
    hint: '--set takes database, retention_policy, temporality',
  });
  const metrics = join(folder, 'metrics.yaml');
  writeFileSync(metrics, 'queue.depth: { type: level }\n');
  await expect(compilePolicyFiles({ ...options([file], 'kapacitor'), metrics })).rejects.toMatchObject({
    diagnostics: [{ line: 1 }],
  });
});

test('check tells what is not deployed, and asks with what the environment holds', async () => {
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    authorization = request.headers.authorization;
    response.end(JSON.stringify({ status: 'success', data: { groups: [] } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.COMPILE_TEST_KEY = 'Bearer abc';
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const asked = { ...options([written(ERRORS)], 'prometheus'), url, authorization: 'COMPILE_TEST_KEY' };
    expect(await checkDeployed(asked)).toBe(1);
    expect(authorization).toBe('Bearer abc');
    expect(said.out.join('\n')).toContain('critical/errors');
    expect(said.err).toEqual([expect.stringContaining('2 differences between the policies and Prometheus')]);
    await expect(checkDeployed({ ...asked, authorization: 'COMPILE_TEST_NONE' })).rejects.toMatchObject({
      exitCode: 2,
    });
    await expect(checkDeployed({ ...asked, url: 'prometheus' })).rejects.toMatchObject({ exitCode: 2 });
  } finally {
    delete process.env.COMPILE_TEST_KEY;
    server.close();
    server.closeAllConnections();
  }
});
