import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Incident, IncidentDetail, List } from '../../control/resources.ts';
import { alertSource, tellOf } from '../support/alert-source.ts';
import { DeadMan } from '../support/dead-man.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Timeline } from '../support/timeline.ts';

/** A watcher that is killed, stopped or told anew while an incident is open. */
const SOON_MS = 60_000;
const STEP_MS = 20_000;
const PERIOD_MS = 2_000;

let folder: ReturnType<typeof temporaryFolder>;
let first: Receiver;
let second: Receiver;
let deadMan: DeadMan;
let watcher: Running;
let seen: Timeline;

beforeEach(async () => {
  seen = new Timeline();
  folder = temporaryFolder();
  [first, second, deadMan] = await Promise.all([Receiver.start(), Receiver.start(), DeadMan.start(PERIOD_MS)]);
  writePolicy('P1', `  - { after: ${STEP_MS / 1_000}s, notify: [second] }`);
  watcher = await start();
});

afterEach(async () => {
  await watcher.kill();
  await Promise.all([first.close(), second.close(), deadMan.close()]);
  folder.remove();
});

function writePolicy(priority: string, laterStep: string): void {
  writeFileSync(
    join(folder.path, 'steps.policy.yaml'),
    `version: 1
id: steps
name: Step by step
priority: ${priority}
rules: [{ scenario: { ids: [nothing] }, failing: { consecutive: 1 } }]
escalation:
  - { after: 0s, notify: [first] }
${laterStep}
resolve: { after_passing: 1, notify: same }
`,
  );
}

function start(): Promise<Running> {
  return Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
policies: ["*.policy.yaml"]
channels:
  - { name: first, type: webhook, url: "${first.url}", secret: ${first.secret} }
  - { name: second, type: webhook, url: "${second.url}", secret: ${second.secret} }
watchdog: { url: "${deadMan.url}", every: ${PERIOD_MS / 1_000}s }
${alertSource('steps')}`,
  });
}

const until = (what: string, holds: () => boolean | Promise<boolean>, withinMs = SOON_MS) =>
  seen.until(what, holds, withinMs, watcher.output);

async function openOne(id: string): Promise<void> {
  await tellOf(watcher, 'firing', id);
  await until(`${id} paged`, () => first.pages.some(({ incident }) => incident.service === id));
  // What is sent and not yet on record is sent again after a kill; that is another test's matter.
  const { incident } = first.pages.find((page) => page.incident.service === id)!;
  await until(`${id} is on record`, async () => {
    const { deliveries } = await watcher.api<IncidentDetail>(`/api/v1/incidents/${incident.id}`);
    return deliveries.some(({ channel, status }) => channel === 'first' && status === 'accepted');
  });
}

const incident = async (): Promise<Incident> => (await watcher.api<List<Incident>>('/api/v1/incidents')).items[0]!;

test('a step that was waited for when the watcher was killed comes at its time, once', async () => {
  await openOne('billing');
  const pagedAt = first.pages[0]!.atMs;
  await watcher.kill();
  seen.note('killed');
  watcher = await start();
  seen.note('started again');
  await until('the second step', () => second.pages.length > 0);
  const tookMs = second.pages[0]!.atMs - pagedAt;
  // A machine that is busy starts it later than the step was due; it is never early, and never twice.
  expect(tookMs).toBeGreaterThan(STEP_MS - 1_000);
  expect(second.pages[0]).toMatchObject({ event: 'incident.escalated', dedup_key: first.pages[0]!.dedup_key });
  await seen.pass(3_000);
  expect(second.pages).toHaveLength(1);
  expect(first.pages.map(({ event }) => event)).toEqual(['incident.triggered']);
});

test('an acknowledged incident stays quiet after the watcher was killed, and still ends', async () => {
  await openOne('billing');
  const { id } = await incident();
  await watcher.api(`/api/v1/incidents/${id}/acknowledge`, { method: 'POST', body: '{"by":"kim"}' });
  await watcher.kill();
  watcher = await start();
  seen.note('started again');
  await seen.pass(STEP_MS + 2_000);
  expect(await incident()).toMatchObject({
    id,
    state: 'acknowledged',
    acknowledged_by: expect.stringContaining('kim'),
  });
  expect(second.pages).toEqual([]);
  await tellOf(watcher, 'resolved', 'billing');
  await until('the end is told', () => first.pages.some(({ event }) => event === 'incident.resolved'));
  expect(first.pages.filter(({ event }) => event === 'incident.triggered')).toHaveLength(1);
});

test('policies that change while incidents are open ring nobody again, and no end is lost', async () => {
  await openOne('billing');
  await openOne('search');
  writePolicy('P2', `  - { after: 1h, notify: [second] }`);
  await until('the policies were read again', () => /polic(y|ies)/i.test(watcher.output.text));
  await openOne('login');
  // What is open goes on with the steps that it was opened with.
  await until('the old step', () => second.pages.length === 2);
  expect(second.pages.map((page) => page.incident.service).toSorted()).toEqual(['billing', 'search']);
  await tellOf(watcher, 'resolved', 'billing', 'search', 'login');
  const ends = () => first.pages.filter(({ event }) => event === 'incident.resolved');
  await until('all three ends are told', () => ends().length === 3);
  expect(first.pages.filter(({ event }) => event === 'incident.triggered')).toHaveLength(3);
  expect(first.pages.find(({ incident: { service } }) => service === 'login')!.incident.priority).toBe('P2');
});

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a watcher that ends by %s alarms from outside, within two periods',
  async (signal) => {
    await until('the dead-man is called', () => deadMan.calls.length >= 2);
    watcher.child.kill('SIGCONT');
    process.kill(watcher.ready.pid, signal);
    seen.note(signal);
    await until('the dead-man rings', () => deadMan.alarms.length > 0, 10 * PERIOD_MS);
    const sinceLastCall = deadMan.alarms[0]! - deadMan.calls.at(-1)!;
    expect(sinceLastCall).toBeLessThan(2 * PERIOD_MS + 1_500);
    const calls = deadMan.calls.length;
    if (signal === 'SIGSTOP') {
      process.kill(watcher.ready.pid, 'SIGCONT');
      await until('the dead-man is called again', () => deadMan.calls.length > calls);
      // It finds everything late when it wakes, and that is nobody's outage.
      await seen.pass(8_000);
      expect([...first.pages, ...second.pages]).toEqual([]);
    }
  },
);
