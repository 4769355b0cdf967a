import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type PagerLog, pagerDutyPeer } from '../../alerts/testing/peers/pagerduty.ts';
import { type VendorServer, vendorServer } from '../../alerts/testing/peers/vendor-server.ts';
import { alertSource, tellOf } from '../support/alert-source.ts';
import { DeadMan } from '../support/dead-man.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, ringdown, temporaryFolder } from '../support/ringdown.ts';
import { Timeline } from '../support/timeline.ts';

/** Channels that do not do what they should, with a real watcher: nobody goes untold, and whoever is well hears nothing twice. */
const SOON_MS = 30_000;
const PERIOD_MS = 2_000;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let vendor: VendorServer;
let pager: PagerLog;
let watcher: Running | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  pager = { accepted: [], violations: 0, mostInAMinute: 0 };
  vendor = await vendorServer(pagerDutyPeer(pager, 120));
});

afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
  await Promise.all([receiver.close(), vendor.close()]);
  folder.remove();
});

const hook = () => `{ name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }`;
const pagerAt = (url: string, more = '') => `{ name: pager, type: pagerduty, routing_key: R0, url: "${url}"${more} }`;

/** @param steps of the policy; every channel at once when absent */
function start(channels: string[], { steps, more = '' }: { steps?: string; more?: string } = {}): Promise<Running> {
  if (steps) {
    writeFileSync(
      join(folder.path, 'steps.policy.yaml'),
      `version: 1
id: steps
name: Step by step
priority: P1
rules: [{ scenario: { ids: [nothing] }, failing: { consecutive: 1 } }]
escalation:
${steps}
resolve: { after_passing: 1, notify: same }
`,
    );
  }
  return Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
${steps ? 'policies: ["*.policy.yaml"]\n' : ''}channels:
${channels.map((channel) => `  - ${channel}\n`).join('')}${more}
${alertSource(steps ? 'steps' : undefined)}`,
  });
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/v2/enqueue`;
}

const TWO_STEPS = `  - { after: 0s, notify: [pager] }
  - { after: 1h, notify: [hook] }`;

describe('the next one is told instead of in an hour', () => {
  test('at once, where nobody listens', async () => {
    const seen = new Timeline();
    watcher = await start([pagerAt(await nobody()), hook()], { steps: TWO_STEPS });
    const at = performance.now();
    await tellOf(watcher, 'firing', 'billing');
    await seen.until('the next one was told', () => receiver.pages.length > 0, SOON_MS, watcher.output);
    expect(receiver.pages[0]!.event).toBe('incident.escalated');
    // Two tries a second apart, and what a busy machine adds; waiting for a time-out would be 30 s.
    expect(receiver.pages[0]!.atMs - at).toBeLessThan(15_000);
  });

  test('at once, where it is refused for good', async () => {
    const seen = new Timeline();
    watcher = await start([pagerAt(`${receiver.url}/refuses`), hook()], { steps: TWO_STEPS });
    await tellOf(watcher, 'firing', 'billing');
    await seen.until('the next one was told', () => receiver.pages.length > 0, SOON_MS, watcher.output);
    expect(receiver.pages[0]!.event).toBe('incident.escalated');
  });

  test('within its deadline, where nothing comes back; and it is told itself once it is well', async () => {
    const seen = new Timeline();
    vendor.mood = 'hanging';
    watcher = await start([pagerAt(`${vendor.url}/v2/enqueue`, ', deadline: 4s'), hook()], { steps: TWO_STEPS });
    const at = performance.now();
    await tellOf(watcher, 'firing', 'billing');
    await seen.until('the next one was told', () => receiver.pages.length > 0, SOON_MS, watcher.output);
    const tookMs = receiver.pages[0]!.atMs - at;
    expect(tookMs).toBeGreaterThan(3_900);
    expect(tookMs).toBeLessThan(15_000);
    vendor.mood = 'normal';
    await seen.until('the pager was told', () => pager.accepted.length > 0, SOON_MS, watcher.output);
    expect(receiver.pages.map(({ event }) => event)).toEqual(['incident.escalated']);
  });
});

test('when no channel takes anything, the dead-man outside rings; and is called again when one does', async () => {
  const seen = new Timeline();
  const deadMan = await DeadMan.start(PERIOD_MS);
  try {
    vendor.mood = 'failing';
    watcher = await start([pagerAt(`${vendor.url}/v2/enqueue`)], {
      more: `watchdog: { url: "${deadMan.url}", every: ${PERIOD_MS / 1_000}s }`,
    });
    await seen.until('the dead-man is called', () => deadMan.calls.length >= 2, SOON_MS, watcher.output);
    await tellOf(watcher, 'firing', 'billing');
    await seen.until('the dead-man rings', () => deadMan.alarms.length > 0, 90_000, watcher.output);
    expect(watcher.output.text).toContain('no channel takes anything');
    vendor.mood = 'normal';
    const calls = deadMan.calls.length;
    await seen.until('the page is there', () => pager.accepted.length > 0, 90_000, watcher.output);
    await seen.until('the dead-man is called again', () => deadMan.calls.length > calls, SOON_MS, watcher.output);
    // Its address is the key to it.
    expect(watcher.output.text).not.toContain(deadMan.url);
  } finally {
    await deadMan.close();
  }
}, 240_000);

describe('a watcher that could not page does not start', () => {
  const broken: [string, string, string, RegExp][] = [
    ['a type that does not exist', '{ name: a, type: pagerdutty, routing_key: R0 }', '', /pagerduty/],
    ['a key that is missing', '{ name: a, type: pagerduty }', '', /routing_key/],
    ['a secret that is not there', '{ name: a, type: pagerduty, routing_key: "${NO_SUCH_KEY}" }', '', /NO_SUCH_KEY/],
    ['an address that is none', '{ name: a, type: webhook, url: "not an address" }', '', /url/],
    ['a deadline that is none', '{ name: a, type: console, deadline: soon }', '', /deadline|duration/],
    ['a policy that calls nobody known', '{ name: a, type: console }', '  - { after: 0s, notify: [pagerr] }', /pagerr/],
  ];
  test.each(broken)('%s: exit code 2, and it says where', async (_what, channel, steps, says) => {
    const config = join(folder.path, 'ringdown.yaml');
    if (steps) {
      const policy = `version: 1\nid: p\nname: P\npriority: P1\nrules: [{ scenario: {}, failing: { consecutive: 1 } }]\nescalation:\n${steps}\n`;
      writeFileSync(join(folder.path, 'p.policy.yaml'), policy);
    }
    writeFileSync(
      config,
      `version: 1\nscenarios: []\n${steps ? 'policies: ["*.policy.yaml"]\n' : ''}channels:\n  - ${channel}\n`,
    );
    const { code, stdout, stderr } = await ringdown(
      [
        'serve',
        '--port',
        '0',
        '--otlp-port',
        '0',
        '--statsd-port',
        '0',
        '--config',
        config,
        '--data-dir',
        join(folder.path, 'data'),
      ],
      { cwd: folder.path },
    );
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(says);
    expect(stdout + stderr).toMatch(/\.yaml:\d+/);
    expect(stdout + stderr).toContain('1 error in 1 file');
  });
});
