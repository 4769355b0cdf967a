/** Incidents, telemetry lists and the ledger; only for tests of the UI. */
import type {
  DeliveryRecord,
  IncidentDetail,
  IncidentEvent,
  LogRow,
  Monitor,
  RouteStats,
  TraceSummary,
} from '../../../control/resources.ts';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { fixtureHeldIncidents } from './fixture-held-incidents.ts';
import { hex, iso, MINUTE } from './fixture-monitors.ts';
import { fixtureComing } from './fixture-rules.ts';

export function fixtureIncidents(now: number, monitors: Monitor[]): IncidentDetail[] {
  const posts = monitors[0]!;
  const run = posts.last_run!;
  const started = now - 104_000;
  const event = (
    id: string,
    ago: number,
    kind: IncidentEvent['kind'],
    message: string,
    actor: string | null = null,
  ): IncidentEvent => ({
    id,
    incident_id: 'inc-1',
    at: iso(now - ago),
    kind,
    message,
    actor,
  });
  const delivery = (channel: string, more: Partial<DeliveryRecord>): DeliveryRecord => ({
    delivery_id: `dlv-${channel}`,
    incident_id: 'inc-1',
    dedup_key: 'reference-api/local/POST /v1/posts',
    channel,
    event: 'incident.triggered',
    status: 'accepted',
    due_at: iso(started),
    attempts: 1,
    last_attempt_at: iso(started + 240),
    last_error: null,
    provider_ref: null,
    ...more,
  });
  const open: IncidentDetail = {
    id: 'inc-1',
    dedup_key: 'reference-api/local/POST /v1/posts',
    title: 'reference-api, local: “write” fails with status 500',
    priority: 'P1',
    service: 'reference-api',
    environment: 'local',
    state: 'triggered',
    policy: 'critical',
    triggered_at: iso(started),
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    url: 'http://127.0.0.1:4000/incidents/inc-1',
    source: 'run',
    labels: {
      service: 'reference-api',
      environment: 'local',
      policy: 'critical',
      priority: 'P1',
      monitor: posts.key,
      team: 'posts',
    },
    monitors: [posts.key],
    failing_count: 1,
    held: null,
    assignee: null,
    merged_into: null,
    cause: {
      monitor: posts.key,
      monitor_name: posts.name,
      step: 'write',
      message: 'status 500, expected 201',
      expected: '201',
      actual: '500',
      server_error: 'SqliteError: no such column: author_id',
      trace_id: run.trace_id,
      run_id: run.id,
      run_url: `http://127.0.0.1:4000/runs/${run.id}`,
      source_url: null,
      route: 'POST /v1/posts',
      failing_since: iso(started - 2_000),
      attempts: 2,
    },
    evidence: {
      real_traffic: { route: 'POST /v1/posts', requests: 1204, errors: 1087 },
      healthy_monitors: ['health@local', 'session-refresh@local'],
    },
    deployment: {
      id: 'dep-1',
      service: 'reference-api',
      environment: 'local',
      version: '4.12.0',
      deployed_at: iso(now - 6 * MINUTE),
      source: 'telemetry',
      description: null,
    },
    runbook: 'https://wiki.example.com/posts',
    coming: fixtureComing(started).slice(1),
    timeline: [
      event('e1', 104_000, 'triggered', 'Failure confirmed by 2 attempts: status 500, expected 201', posts.key),
      event('e2', 103_700, 'notified', 'push was told in 0.3 s', 'push'),
      event('e3', 103_100, 'delivery_failed', 'hook answered 503; next attempt in 30 s', 'hook'),
      event('e4', 101_000, 'evidence_added', 'Server error and real traffic attached'),
      event('e5', 44_000, 'escalated', 'Nobody acknowledged within 1 min: calling kim'),
    ],
    deliveries: [
      delivery('push', { provider_ref: 'ntfy 9pRk2' }),
      delivery('push', {
        delivery_id: 'dlv-push-2',
        event: 'incident.escalated',
        due_at: iso(now - 44_000),
        last_attempt_at: iso(now - 43_700),
      }),
      delivery('hook', {
        status: 'pending',
        attempts: 3,
        last_error: 'HTTP 503 from http://127.0.0.1:9999/page',
        last_attempt_at: iso(now - 9_000),
      }),
      delivery('mail', { status: 'failed', attempts: 1, last_error: '550 5.1.1 mailbox unavailable' }),
      delivery('call-kim', {
        event: 'incident.escalated',
        status: 'pending',
        attempts: 0,
        due_at: iso(now + 16_000),
        last_attempt_at: null,
      }),
    ],
  };
  const past = (id: string, hours: number, title: string, by: string | null): IncidentDetail => ({
    ...open,
    id,
    title,
    priority: 'P2',
    state: 'resolved',
    triggered_at: iso(now - hours * 60 * MINUTE),
    acknowledged_at: iso(now - hours * 60 * MINUTE + 90_000),
    acknowledged_by: 'kim',
    resolved_at: iso(now - hours * 60 * MINUTE + 14 * MINUTE),
    resolved_by: by,
    cause: { ...open.cause, server_error: null, message: 'connection refused (127.0.0.1:8080)' },
    deliveries: [],
  });
  return [
    open,
    ...fixtureHeldIncidents(now, open),
    past('inc-0', 5, 'reference-api, local: does not answer', null),
    past('inc-00', 31, 'reference-api, local: “sign in” times out', 'minsu'),
  ];
}

export function fixtureRoutes(): RouteStats[] {
  const route = (method: string, path: string, count: number, errors: number, p50: number): RouteStats => ({
    service: 'reference-api',
    method,
    route: path,
    count,
    errors,
    p50_ms: p50,
    p95_ms: p50 * 2.7,
    p99_ms: p50 * 6.1,
  });
  return [
    route('GET', '/v1/posts', 48_210, 0, 2.1),
    route('POST', '/v1/posts', 1_204, 1_087, 6.4),
    route('GET', '/v1/posts/{id}', 120_400, 3, 1.4),
    route('POST', '/v1/sessions', 910, 0, 41),
    route('GET', '/healthz', 2_880, 0, 0.3),
  ];
}

export function fixtureRequests(now: number): TraceSummary[] {
  const random = seededRandom(3);
  return Array.from({ length: 24 }, (_, index) => {
    const error = index % 5 === 1;
    const path = error ? 'POST /v1/posts' : ['GET /v1/posts', 'GET /v1/posts/{id}', 'POST /v1/sessions'][index % 3]!;
    return {
      trace_id: hex(random, 32),
      service: 'reference-api',
      name: path,
      route: path.split(' ')[1]!,
      status_code: error ? 500 : 200,
      error,
      synthetic: index % 4 === 0,
      start_time: iso(now - index * 2_700),
      duration_ms: 1 + random() * 60,
    };
  });
}

export function fixtureLogs(now: number): LogRow[] {
  return fixtureRequests(now).map((request) => ({
    time: request.start_time,
    level: request.error ? 'error' : 'info',
    message: request.error ? 'the post could not be written' : `${request.name} ${request.status_code}`,
    service: request.service,
    trace_id: request.trace_id,
    span_id: null,
    exception: request.error
      ? {
          type: 'SqliteError',
          message: 'no such column: author_id',
          stacktrace: 'SqliteError: no such column: author_id\n    at Database.prepare (posts-repository.ts:41:22)',
        }
      : null,
    attributes: { 'http.route': request.route },
  }));
}
