/** The watcher's HTTP API with invented data, for looking at the UI and for its browser tests. Never part of the product. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LiveEvent, Monitor, RunResult, RunSummary, Session } from '../../../control/resources.ts';
import { AlertFixture } from './fixture-alerts.ts';
import { BackendFixture } from './fixture-backends.ts';
import { fixtureIncidents, fixtureLogs, fixtureRequests, fixtureRoutes } from './fixture-incidents.ts';
import { fixtureMonitors, iso } from './fixture-monitors.ts';
import { fixtureWorkers, RuleFixture } from './fixture-rules.ts';
import { fixtureComparison, fixtureRun, fixtureTrace } from './fixture-runs.ts';
import { FixtureScenarios } from './fixture-scenario.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
// What the watcher sends too: the UI must work under it.
const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export const FIXTURE_TOKEN = 'fixture-token';

export interface FixtureServer {
  url: string;
  /** Requests that change something, as `METHOD path`. */
  changes: string[];
  monitor(key: string): Monitor;
  scenarios: FixtureScenarios;
  rules: RuleFixture;
  /** Changes a monitor and tells every open page. */
  update(key: string, more: Partial<Monitor>): void;
  publish(event: LiveEvent): void;
  /** From now on traces hold the service's spans too. */
  telemetryArrives(): void;
  /** Ends all streams and answers nothing until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  close(): Promise<void>;
}

export interface FixtureOptions {
  /** No monitors, no incidents, no telemetry, no channel. */
  empty?: boolean;
  /** The service's spans are there from the beginning; true unless said otherwise. */
  telemetry?: boolean;
}

export async function startFixtureServer(options: FixtureOptions = {}): Promise<FixtureServer> {
  const now = Date.now();
  const empty = options.empty ?? false;
  const monitors = new Map((empty ? [] : fixtureMonitors(now)).map((monitor) => [monitor.key, monitor]));
  const incidents = new Map(
    (empty ? [] : fixtureIncidents(now, [...monitors.values()])).map((incident) => [incident.id, incident]),
  );
  const streams = new Set<ServerResponse>();
  const changes: string[] = [];
  const scenarios = new FixtureScenarios();
  let away = false;
  let telemetry = options.telemetry ?? true;

  const publish = ({ type, data }: LiveEvent) => {
    for (const stream of streams) stream.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const runs = (): RunSummary[] => [...monitors.values()].flatMap((monitor) => monitor.recent_runs);
  const runOf = (id: string): RunResult | null => {
    const summary = runs().find((run) => run.id === id);
    return summary ? fixtureRun(summary) : null;
  };
  const backends = new BackendFixture(now);
  const rules = new RuleFixture(now, empty);
  const alerts = new AlertFixture(now, empty, incidents, monitors);
  const list = (items: unknown[]) => ({ items, next_cursor: null });

  const session: Session = {
    version: '0.1.0',
    public_url: 'http://127.0.0.1:4000',
    channels: empty ? [{ name: 'console', type: 'console' }] : [{ name: 'push', type: 'ntfy' }],
    can_page: !empty,
  };

  const changeIncident = (id: string, action: string, body: Record<string, unknown>): unknown => {
    const changed = alerts.changeIncident(id, action, body);
    for (const data of changed?.incidents ?? []) publish({ type: 'incident', data });
    return changed?.answer;
  };

  /** @returns undefined where there is nothing at that path */
  const answer = (
    method: string,
    path: string,
    search: URLSearchParams,
    body: Record<string, unknown> & { ids?: string[] },
  ): unknown => {
    if (path === '/api/v1/session') return session;
    if (path === '/api/v1/monitors') return list([...monitors.values()]);
    const [, , , resource, id, action] = path.split('/');
    const key = decodeURIComponent(id ?? '');
    if (resource === 'monitors') {
      const monitor = monitors.get(key);
      if (!monitor) return undefined;
      if (method === 'POST') return { monitor: key };
      if (action !== 'runs') return monitor;
      const status = search.get('status');
      const matching = monitor.recent_runs.filter((run) => !status || run.status === status);
      const from = Number(search.get('cursor') ?? 0);
      const to = from + Number(search.get('limit') ?? 50);
      return { items: matching.slice(from, to), next_cursor: to < matching.length ? String(to) : null };
    }
    if (resource === 'runs') {
      const run = runOf(key);
      if (!run || action !== 'comparison') return run ?? undefined;
      const baseline = monitors
        .get(run.monitor)
        ?.recent_runs.find((one) => one.status === 'passed' && one.started_at < run.started_at);
      return fixtureComparison(run, baseline ?? null);
    }
    if (resource === 'incidents') {
      if (method === 'POST') return changeIncident(key, action!, body);
      if (action === 'explain') return alerts.explain(key);
      if (id) return incidents.get(key);
      const state = search.get('state');
      return list([...incidents.values()].filter((incident) => !state || incident.state === state));
    }
    const answered = alerts.answer(method, path, search, body);
    if (answered !== undefined) return answered;
    if (resource === 'workers') return fixtureWorkers(now, empty);
    if (resource === 'rules')
      return id ? rules.find(key, decodeURIComponent(action ?? ''), search.get('monitor')) : rules.list(search);
    if (resource === 'deployments') {
      return list([...incidents.values()].slice(0, 1).map((incident) => incident.deployment));
    }
    if (resource === 'backends') {
      if (action === 'dead-letters') return list(backends.deadLetters(key));
      if (action === 'replay') return backends.replay(key, body.ids);
      return empty ? { ...backends.status(), items: [], sources: [] } : backends.status();
    }
    if (path === '/api/v1/telemetry/routes') return list(empty ? [] : fixtureRoutes());
    if (path === '/api/v1/telemetry/traces') return list(empty ? [] : fixtureRequests(now));
    if (path === '/api/v1/telemetry/logs') {
      const text = (search.get('text') ?? '').toLowerCase();
      const level = search.get('level');
      return list(
        empty
          ? []
          : fixtureLogs(now).filter(
              (log) => log.message.toLowerCase().includes(text) && (!level || log.level === level),
            ),
      );
    }
    const trace = /^\/api\/v1\/telemetry\/traces\/(\w+)$/.exec(path)?.[1];
    const summary = trace && (runs().find((run) => run.trace_id === trace) ?? runs()[0]);
    return summary ? fixtureTrace({ ...fixtureRun(summary), trace_id: trace }, telemetry) : undefined;
  };

  const server = createServer(async (request, response) => {
    if (away) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url!, 'http://fixture');
    const signedIn = request.headers.cookie?.includes('ringdown_session=yes') ?? false;
    const send = (status: number, content: unknown) => {
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
      response.end(status === 204 ? undefined : JSON.stringify(content));
    };
    const refuse = (status: number, code: string, detail: string) =>
      send(status, { type: 'about:blank', title: code, status, detail, code });
    if (url.pathname === '/sign-in') {
      response.writeHead(303, { location: '/', 'set-cookie': 'ringdown_session=yes; Path=/; HttpOnly; SameSite=Lax' });
      response.end();
      return;
    }
    if (!url.pathname.startsWith('/api/')) return sendFile(url.pathname, response);
    const method = request.method!;
    const body = await bodyOf(request);
    if (method !== 'GET') {
      changes.push(`${method} ${url.pathname}`);
      if (request.headers['x-requested-with'] !== 'ringdown') return refuse(403, 'CROSS_SITE', 'not from the UI');
    }
    if (url.pathname === '/api/v1/session' && method === 'POST') {
      if (body.token !== FIXTURE_TOKEN) return refuse(401, 'WRONG_TOKEN', 'this is not the token of this watcher');
      response.setHeader('set-cookie', 'ringdown_session=yes; Path=/; HttpOnly; SameSite=Lax');
      return send(204, null);
    }
    if (!signedIn) return refuse(401, 'NOT_SIGNED_IN', 'sign in first');
    if (url.pathname === '/api/v1/session' && method === 'DELETE') {
      response.setHeader('set-cookie', 'ringdown_session=; Path=/; Max-Age=0');
      return send(204, null);
    }
    if (url.pathname === '/api/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`event: ping\ndata: ${JSON.stringify({ at: iso(Date.now()) })}\n\n`);
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    const [, , , resource, id, action] = url.pathname.split('/');
    if (resource === 'scenarios') {
      if (action === 'try') return send(200, fixtureRun(monitors.get(`${id}@local`)!.recent_runs[0]!));
      const { status, content } = scenarios.answer(method, id!, action, body);
      return send(status, content);
    }
    const content = answer(method, url.pathname, url.searchParams, body);
    if (content === undefined) return refuse(404, 'NOT_FOUND', `there is nothing at ${url.pathname}`);
    send(content === null ? 204 : 200, content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    changes,
    scenarios,
    rules,
    monitor: (key) => monitors.get(key)!,
    update(key, more) {
      const data = { ...monitors.get(key)!, ...more };
      monitors.set(key, data);
      publish({ type: 'monitor', data });
    },
    publish,
    telemetryArrives() {
      telemetry = true;
    },
    goAway() {
      away = true;
      server.closeAllConnections();
    },
    comeBack() {
      away = false;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> & { token?: string; ids?: string[] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const asked = extname(path) === '' ? '/index.html' : normalize(path);
  try {
    const content = await readFile(join(DIST, asked));
    response.writeHead(200, {
      'content-type': TYPES[extname(asked)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
    });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}

// `node dashboards/web/testing/fixture-server.ts` shows the built UI with this data.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startFixtureServer();
  console.log(`${url}/sign-in?token=${FIXTURE_TOKEN}`);
}
