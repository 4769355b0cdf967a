import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CERTIFICATE, PRIVATE_KEY } from '../../scenarios/engine/testing/certificate.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, ringdown, temporaryFolder } from '../support/ringdown.ts';

/** A watcher records what its rules are answered, is started again, and a changed policy is played on what it recorded. */
const SOON_MS = 60_000;
const HISTORY = join('data', 'rule-answers');

/** What the files differ in. */
const AS_IT_IS = { silentFor: '6s', errors: 10, endsIn: '1s', lost: '{ gt: 0 }' };

const folder = temporaryFolder();
let receiver: Receiver;
let host: Server;
let watcher: Running;
let from: string;

const policy = ({ silentFor, errors, endsIn, lost }: typeof AS_IT_IS, window = '5s') => `version: 1
id: numbers
priority: P2
rules:
  - { id: job, every: 1s, heartbeat: { name: nightly, every: ${silentFor} } }
  - id: errors
    every: 1s
    threshold: { of: { logs: { service: billing, level: error }, window: ${window} }, is: { gte: ${errors} } }
  - { id: certificate, every: 2s, certificate: { targets: ["localhost:${port()}"], expires_in: { lt: ${endsIn} } } }
  - { id: ledger, every: 2s, backend: { name: local, is: { lost: ${lost} } } }
group_by: [rule]
escalation:
  - { after: 0s, notify: [hook] }
`;

const port = () => (host.address() as AddressInfo).port;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function start(): Promise<void> {
  watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
policies: ["now.policy.yaml"]
heartbeats: [{ name: nightly }]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
  });
}

const beat = () =>
  fetch(`${watcher.ready.url}/api/v1/heartbeats/nightly`, {
    method: 'POST',
    headers: { authorization: `Bearer ${watcher.token}` },
  });

async function logErrors(count: number): Promise<void> {
  const logRecords = Array.from({ length: count }, (_, n) => ({
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    severityNumber: 17,
    body: { stringValue: `payment ${n} refused` },
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'billing' } }] };
  const answer = await fetch(`${watcher.ready.otlp_url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
  });
  expect(answer.status).toBe(200);
}

/** Pages of a rule, with the time of the incident that they are about. */
const pagesOf = (rule: string, event = 'incident.triggered') =>
  receiver.pages.filter(
    (page) => page.event === event && page.incident.cause.monitor.startsWith(`rule:numbers/${rule}`),
  );

async function told(rule: string, event: string, times: number): Promise<void> {
  for (const end = Date.now() + SOON_MS; pagesOf(rule, event).length < times; await wait(100)) {
    if (Date.now() > end) throw new Error(`${rule} is not ${event}: ${watcher.output.text}`);
  }
}

interface Told {
  before: { pages: number; incidents: number };
  after: { pages: number; incidents: number };
  divergences: { at: string; before: string[]; after: string[] }[];
  left_out: string[];
  gaps: { rule: string; missing: { from: string; to: string }[] }[];
  rule_answers: number;
  damaged: number;
  asked_now: { rule: string; answers: number }[];
  trouble: string | null;
}

async function replay(changed: string, to: string): Promise<Told> {
  const file = join(folder.path, 'changed.policy.yaml');
  writeFileSync(file, changed);
  const args = ['alerts', 'replay', '--from', from, '--to', to, '--policy', file, '--json'];
  const where = ['--config', join(folder.path, 'ringdown.yaml'), '--data-dir', join(folder.path, 'data')];
  const { code, stdout, stderr } = await ringdown([...args, ...where], { cwd: folder.path });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout) as Told;
}

beforeAll(async () => {
  receiver = await Receiver.start();
  host = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_, response) => response.end());
  await new Promise<void>((resolve) => host.listen(0, 'localhost', resolve));
  writeFileSync(join(folder.path, 'now.policy.yaml'), policy(AS_IT_IS));
  from = new Date().toISOString();
  await start();
});

afterAll(async () => {
  await watcher?.stop();
  await receiver?.close();
  host?.close();
  folder.remove();
});

test('what a watcher was answered, over a restart, is replayed: the old policy as it paged, others where they differ', async () => {
  await beat();
  await logErrors(20);
  await told('errors', 'incident.triggered', 1);
  await told('job', 'incident.triggered', 1);
  await beat();
  await told('job', 'incident.resolved', 1);
  await told('errors', 'incident.resolved', 1);
  await watcher.stop();
  await start();
  await beat();
  await logErrors(20);
  await told('errors', 'incident.triggered', 2);
  await told('errors', 'incident.resolved', 2);
  await told('job', 'incident.triggered', 2);
  const to = new Date().toISOString();
  // A machine that is slow to start the watcher again lets the job be late once more.
  const jobs = pagesOf('job').length;
  const paged = pagesOf('errors').length + jobs;
  expect(paged).toBeGreaterThanOrEqual(4);
  // Another window was never asked: the watcher asks its telemetry now.
  // What it was answered last is written when it ends.
  await watcher.stop();
  await start();
  const asked = await replay(policy(AS_IT_IS, '3s'), to);
  expect(asked).toMatchObject({ trouble: null, left_out: [], after: { pages: paged } });
  expect(asked.asked_now).toEqual([expect.objectContaining({ rule: 'numbers/errors', every_ms: 1_000 })]);
  await watcher.stop();

  const same = await replay(policy(AS_IT_IS), to);
  expect(same).toMatchObject({
    before: { pages: paged },
    after: { pages: paged },
    divergences: [],
    left_out: [],
    damaged: 0,
  });
  expect(same.rule_answers).toBeGreaterThan(20);
  // Before the watcher there is nothing, and no rule is silent of it. Between the two there may be less than an interval.
  expect(same.gaps.map(({ rule }) => rule)).toEqual(
    ['job', 'errors', 'certificate', 'ledger'].map((id) => `numbers/${id}`).sort(),
  );
  for (const { missing } of same.gaps) {
    expect(missing[0]!.from).toBe(from);
  }

  const laxer = await replay(policy({ ...AS_IT_IS, silentFor: '1h', errors: 1_000 }), to);
  expect([laxer.before.pages, laxer.after.pages]).toEqual([paged, 0]);
  expect(laxer.divergences.every(({ before, after }) => before.length === 1 && after.length === 0)).toBe(true);

  const stricter = await replay(policy({ ...AS_IT_IS, endsIn: '36500d', lost: '{ lte: 0 }' }), to);
  expect([stricter.before.pages, stricter.after.pages]).toEqual([paged, paged + 2]);
  const more = stricter.divergences.flatMap(({ before, after }) => after.filter((one) => !before.includes(one)));
  expect(more.map((one) => /certificate|lost/.exec(one)?.[0]).sort()).toEqual(['certificate', 'lost']);

  // Without a watcher there is nobody to ask: neither side is evaluated, rather than one of them for well.
  const other = await replay(policy(AS_IT_IS, '3s'), to);
  expect(other).toMatchObject({ left_out: ['numbers/errors'], divergences: [], asked_now: [] });
  expect(other.trouble).toMatch(/does not answer/);
  expect(other.before.pages).toBe(jobs);

  const [file] = readdirSync(join(folder.path, HISTORY));
  const path = join(folder.path, HISTORY, file!);
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const half = Math.floor(lines.length / 2);
  writeFileSync(path, [...lines.slice(0, half), `${lines[half]!.slice(0, -40)}!`, ...lines.slice(half + 1)].join('\n'));
  const damaged = await replay(policy(AS_IT_IS), to);
  expect(damaged).toMatchObject({ damaged: 1, divergences: [] });
  expect(damaged.rule_answers).toBeLessThan(same.rule_answers);
  rmSync(join(folder.path, HISTORY), { recursive: true });
  const none = await replay(policy(AS_IT_IS), to);
  expect(none).toMatchObject({ before: { pages: 0 }, rule_answers: 0, gaps: [] });
  expect(none.left_out).toHaveLength(4);
});
