import type { Incident } from '../incident.ts';
import type { Notification } from '../notifier.ts';

/** A notification as a real failure makes it; tests change what they are about. */
export function notification(over: Partial<Notification> = {}, incidentOver: Partial<Incident> = {}): Notification {
  const incident: Incident = {
    id: '0190a5d0-0000-7000-8000-000000000001',
    dedup_key: 'ringdown-3f2a9c',
    title: 'Reference API: POST /v1/posts answers 500',
    priority: 'P1',
    service: 'reference-api',
    environment: 'production',
    state: 'triggered',
    policy: 'critical',
    triggered_at: '2026-01-01T00:00:00.000Z',
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    url: 'https://ringdown.example.com/incidents/0190a5d0-0000-7000-8000-000000000001',
    source: 'run',
    labels: {},
    monitors: ['post-journey@production'],
    failing_count: 1,
    held: null,
    assignee: null,
    merged_into: null,
    cause: {
      monitor: 'post-journey@production',
      monitor_name: 'Write a post and read it back',
      step: 'write',
      message: 'status 500, expected 201',
      expected: '201',
      actual: '500',
      server_error: 'no such column: author_id',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      run_id: '0190a5d0-0000-7000-8000-000000000002',
      run_url: 'https://ringdown.example.com/runs/0190a5d0-0000-7000-8000-000000000002',
      source_url: null,
      route: 'POST /v1/posts',
      failing_since: '2025-12-31T23:59:20.000Z',
      attempts: 2,
    },
    evidence: {
      real_traffic: { route: 'POST /v1/posts', requests: 10, errors: 9 },
      healthy_monitors: ['health@production'],
    },
    deployment: null,
    runbook: 'https://wiki.example.com/posts',
    ...incidentOver,
  };
  return {
    delivery_id: '0190a5d0-0000-7000-8000-000000000003',
    dedup_key: incident.dedup_key,
    event: 'incident.triggered',
    incident,
    message_ref: null,
    picture: null,
    page: {
      headline: 'P1 · Reference API · production · writing a post fails: status 500, expected 201',
      server_error: 'no such column: author_id',
      facts: [
        { label: 'Failing for', text: '40 s, 2 attempts' },
        { label: 'Real traffic', text: '9 of 10 requests to POST /v1/posts fail' },
        { label: 'Healthy', text: 'health' },
      ],
      speech:
        'Priority one. Reference API, production. Writing a post fails: status 500, expected 201. Server log: no such column, author id.',
      links: [
        { label: 'Incident', url: incident.url },
        { label: 'Run', url: incident.cause.run_url! },
        { label: 'Runbook', url: 'https://wiki.example.com/posts' },
      ],
      escalates_to: null,
      answer_url: null,
    },
    ...over,
  };
}

/** Text that every format can be broken with. */
export const HOSTILE_TEXT =
  '</Say><Dial>+1900</Dial> <!channel> <script>alert(1)</script> "quoted" & \r\nBcc: all@example.com \u001b[2J \u2028 \ud800 한국어 🔥';
