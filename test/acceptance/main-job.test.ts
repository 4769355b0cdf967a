import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackendStatus, List, Monitor, RunResult, Trace } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/** The first minutes of a new user, on real processes: it passes, it is broken, it pages with its cause, it recovers. */
const folder = temporaryFolder();
let receiver: Receiver;
let watcher: Running;

const SLOWEST_INTERVAL_MS = 15_000;

beforeAll(async () => {
  receiver = await Receiver.start();
  watcher = await Running.start({
    command: 'up',
    folder: folder.path,
    config: `version: 1
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "\${HOOK_SECRET}" }
`,
    env: { HOOK_SECRET: receiver.secret },
  });
}, 60_000);

afterAll(async () => {
  await watcher?.stop();
  await receiver?.close();
  folder.remove();
});

describe('the main job', () => {
  test('every shipped scenario passes', async () => {
    const { items } = await watcher.api<List<Monitor>>('/api/v1/monitors');
    expect(items.map(({ id }) => id).toSorted()).toEqual(['health', 'post-journey', 'posts-list', 'session-lifecycle']);
    await Promise.all(items.map(({ key }) => watcher.monitorIn('passing', key, 20_000)));
  });

  test('the sign-in link opens the API and the UI', async () => {
    const answer = await fetch(watcher.ready.sign_in_url, { redirect: 'manual' });
    const cookie = answer.headers.get('set-cookie')!.split(';', 1)[0]!;
    const session = await fetch(`${watcher.ready.url}/api/v1/session`, { headers: { cookie } });
    expect(await session.json()).toMatchObject({ can_page: true, channels: [{ name: 'hook', type: 'webhook' }] });
    const page = await fetch(watcher.ready.url, { headers: { accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root"')]);
  });

  test('a run is one trace: server spans under the runner’s client spans, logs among them', async () => {
    await watcher.monitorIn('passing', 'post-journey@local', SLOWEST_INTERVAL_MS);
    const monitor = await watcher.api<Monitor>('/api/v1/monitors/post-journey@local');
    const run = await watcher.api<RunResult>(`/api/v1/runs/${monitor.last_run!.id}`);
    const trace = await eventually(async () => {
      const found = await watcher.api<Trace>(`/api/v1/telemetry/traces/${run.trace_id}`);
      const servers = found.spans.filter((span) => span.kind === 'server');
      const clients = found.spans.filter((span) => span.kind === 'client' && span.service === 'ringdown');
      return servers.length >= run.steps.length && clients.length >= run.steps.length
        ? { ...found, servers, clients }
        : null;
    });
    const clientIds = new Set(trace.clients.map((span) => span.span_id));
    for (const server of trace.servers) expect(clientIds).toContain(server.parent_span_id);
    expect(trace.servers.map((span) => span.attributes['user_agent.synthetic.type'])).toEqual(
      trace.servers.map(() => 'test'),
    );
    expect(trace.logs.every((log) => log.trace_id === run.trace_id)).toBe(true);
    for (const step of run.steps) expect(trace.servers.some((span) => span.parent_span_id === step.span_id)).toBe(true);
  });

  test('a broken route pages once, with its cause', async () => {
    await watcher.fault({ route: 'POST /v1/posts', status: 500 });
    const page = await receiver.page(({ event }) => event === 'incident.triggered', SLOWEST_INTERVAL_MS + 10_000);
    expect(page.incident).toMatchObject({
      service: 'reference-api',
      environment: 'local',
      state: 'triggered',
      priority: 'P1',
    });
    expect(page.incident.cause).toMatchObject({
      monitor: 'post-journey@local',
      step: 'writing a post',
      expected: '201',
      actual: '500',
      server_error: expect.stringContaining('injected fault'),
    });
    const run = await watcher.api<RunResult>(`/api/v1/runs/${page.incident.cause.run_id}`);
    expect(page.incident.cause.trace_id).toBe(run.trace_id);
    expect(page.incident.cause.run_url).toBe(`${watcher.ready.url}/runs/${run.id}`);
    expect(run.attempts).toHaveLength(2);

    const trace = await watcher.api<Trace>(`/api/v1/telemetry/traces/${run.trace_id}`);
    const errors = trace.logs.filter((log) => log.level === 'error');
    expect(errors.length).toBeGreaterThan(0);
    const comparison = await watcher.api<{ steps: { name: string; status: object }[] }>(
      `/api/v1/runs/${run.id}/comparison`,
    );
    expect(comparison.steps.find(({ name }) => name === 'writing a post')).toMatchObject({
      status: { before: 201, now: 500 },
    });
  });

  test('mending resolves it on the same channel, under the same dedup_key', async () => {
    const triggered = receiver.pages.find(({ event }) => event === 'incident.triggered')!;
    await watcher.mend();
    const resolved = await receiver.page(({ event }) => event === 'incident.resolved', SLOWEST_INTERVAL_MS);
    expect(resolved.dedup_key).toBe(triggered.dedup_key);
    expect(resolved.incident).toMatchObject({ id: triggered.incident.id, state: 'resolved' });
    expect(receiver.pages.filter(({ event }) => event === 'incident.triggered')).toHaveLength(1);
  });

  test('killing the relay changes no page and loses nothing that was acknowledged', async () => {
    const pagesBefore = receiver.pages.length;
    const monitor = await watcher.api<Monitor>('/api/v1/monitors/health@local');
    const run = await watcher.api<RunResult>(`/api/v1/runs/${monitor.last_run!.id}`);
    await eventually(async () => {
      const trace = await watcher.api<Trace>(`/api/v1/telemetry/traces/${run.trace_id}`);
      return trace.spans.some((span) => span.kind === 'server') ? trace : null;
    });
    const { relay } = await watcher.api<{ relay: { pid: number } }>('/api/v1/backends');
    process.kill(relay.pid, 'SIGKILL');
    const trace = await eventually(() => watcher.api<Trace>(`/api/v1/telemetry/traces/${run.trace_id}`));
    expect(trace.spans.some((span) => span.kind === 'server')).toBe(true);
    const { items } = await watcher.api<List<BackendStatus>>('/api/v1/backends');
    for (const row of items.flatMap(({ ledger }) => ledger)) {
      expect(row.received).toBe(row.delivered + row.pending + row.rejected + row.dropped + row.filtered);
    }
    expect(receiver.pages).toHaveLength(pagesBefore);
  });

  test('killing the API rings once for all of its monitors', async () => {
    const triggered = () => receiver.pages.filter(({ event }) => event === 'incident.triggered');
    const before = triggered().length;
    process.kill(watcher.ready.api_pid!, 'SIGKILL');
    const { items } = await watcher.api<List<Monitor>>('/api/v1/monitors');
    await Promise.all(items.map(({ key }) => watcher.monitorIn('failing', key, SLOWEST_INTERVAL_MS * 2)));
    const page = await receiver.page(
      (candidate) => candidate.event === 'incident.triggered' && triggered().length > before,
      1_000,
    );
    expect(triggered()).toHaveLength(before + 1);
    expect(triggered().at(-1)!.incident.cause.message).toMatch(/connection refused|ECONNREFUSED/i);
    expect(page).toBeDefined();
    const open = await watcher.api<List<{ state: string; monitors: string[] }>>('/api/v1/incidents?state=triggered');
    expect(open.items).toHaveLength(1);
    expect(open.items[0]!.monitors.toSorted()).toEqual(items.map(({ key }) => key).toSorted());
  });

  test('it ends cleanly when told to', async () => {
    expect(await watcher.stop()).toBe(0);
  });
});

/** Telemetry arrives a moment after the run; asks again until it is there. */
async function eventually<T>(ask: () => Promise<T | null>, withinMs = 10_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const failed = await ask().catch((error: unknown) => error as Error);
    if (failed !== null && !(failed instanceof Error)) return failed;
    if (performance.now() > end) throw failed ?? new Error(`nothing came within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
