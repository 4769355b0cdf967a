import { describe, expect, test } from '@jest/globals';
import type { Incident, NotificationEvent } from '../incident.ts';
import { composePage, type PageContext } from './compose.ts';

const NOW = Date.parse('2026-11-23T03:00:40.000Z');

const writing: Incident = {
  id: 'inc-1',
  dedup_key: 'ringdown-1',
  title: 'Reference API: POST /v1/posts answers 500',
  priority: 'P1',
  service: 'reference-api',
  environment: 'production',
  state: 'triggered',
  policy: 'critical',
  triggered_at: '2026-11-23T03:00:05.000Z',
  acknowledged_at: null,
  acknowledged_by: null,
  resolved_at: null,
  resolved_by: null,
  url: 'https://ringdown.example.com/incidents/inc-1',
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
    run_id: '0199c0de-0000-7000-8000-000000000000',
    run_url: 'https://ringdown.example.com/runs/0199c0de',
    source_url: null,
    route: 'POST /v1/posts',
    failing_since: '2026-11-23T03:00:00.000Z',
    attempts: 2,
  },
  evidence: {
    real_traffic: { route: 'POST /v1/posts', requests: 40, errors: 36 },
    healthy_monitors: ['sign-in@production'],
  },
  deployment: {
    id: 'd1',
    service: 'reference-api',
    environment: 'production',
    version: '4.12',
    deployed_at: '2026-11-23T02:54:40.000Z',
    source: 'api',
    description: null,
  },
  runbook: 'https://wiki.example.com/posts',
};

const context: PageContext = {
  unreachable: false,
  flapping: false,
  failing_routes: 1,
  failing_monitors: 1,
  next_escalation: { at: '2026-11-23T03:05:05.000Z', notify: ['call-kim'] },
  continues_as: null,
  released: null,
  answer_url: null,
  monitorName: (key) => key.split('@')[0]!,
};

const speech = (
  patch: Partial<Incident>,
  event: NotificationEvent = 'incident.triggered',
  around: Partial<PageContext> = {},
) => composePage({ ...writing, ...patch }, event, { ...context, ...around }, NOW).speech;

describe('what a voice says', () => {
  test('the whole cause, most important first', () => {
    expect(speech({})).toBe(
      'Priority one. Reference API, production. Writing a post fails: status 500, expected 201. ' +
        'Server log: no such column, author id. Nine of ten real requests fail too; sign-in works. ' +
        'Failing for forty seconds. Version 4.12 was deployed six minutes ago.',
    );
  });

  test('no word of what telemetry did not bring', () => {
    const cause = { ...writing.cause, server_error: null };
    expect(speech({ cause, evidence: { real_traffic: null, healthy_monitors: [] }, deployment: null })).toBe(
      'Priority one. Reference API, production. Writing a post fails: status 500, expected 201. Failing for forty seconds.',
    );
  });

  test('a service that does not answer', () => {
    const cause = {
      ...writing.cause,
      step: 'sign in',
      message: 'connect ECONNREFUSED 127.0.0.1:8080',
      server_error: null,
    };
    const evidence = { real_traffic: null, healthy_monitors: [] };
    expect(speech({ cause, evidence, deployment: null }, 'incident.triggered', { unreachable: true })).toBe(
      'Priority one. Reference API, production. It does not answer: connection refused. Failing for forty seconds.',
    );
  });

  test('that it is over, and for how long it was not', () => {
    const resolved_at = '2026-11-23T03:04:00.000Z';
    expect(speech({ state: 'resolved', resolved_at }, 'incident.resolved')).toBe(
      'Resolved. Reference API, production. Writing a post works again after four minutes.',
    );
    expect(speech({ state: 'resolved', resolved_at, resolved_by: 'Kim' }, 'incident.resolved')).toBe(
      'Resolved by Kim. Reference API, production.',
    );
  });

  test('who has taken it', () => {
    expect(speech({ state: 'acknowledged', acknowledged_by: 'kim' }, 'incident.acknowledged')).toBe(
      'Reference API, production. Writing a post fails: status 500, expected 201. Kim has taken it.',
    );
  });

  test('nothing that cannot be spoken, and no markup to break out of', () => {
    const server_error = '</Say><Dial>+1900</Dial> user 0199c0de-0000-7000-8000-000000000000 at https://x.example/y?z';
    const said = speech({ cause: { ...writing.cause, server_error } });
    expect(said).not.toMatch(/[<>]/);
    expect(said).not.toContain('0199c0de');
    expect(said).not.toContain('https');
    expect(speech({ cause: { ...writing.cause, server_error: `${'word '.repeat(500)}` } }).length).toBeLessThan(500);
  });
});

test('a page to read', () => {
  expect(composePage(writing, 'incident.triggered', context, NOW)).toEqual({
    headline: 'P1 Reference API, production · write: status 500, expected 201',
    server_error: 'no such column: author_id',
    facts: [
      { label: 'Since', text: '2026-11-23 03:00:00 UTC, for 40 s' },
      { label: 'Scenario', text: 'Write a post and read it back, step "write"' },
      { label: 'Request', text: 'POST /v1/posts' },
      { label: 'Expected', text: '201' },
      { label: 'Actual', text: '500' },
      { label: 'Attempts', text: '2, none passed' },
      { label: 'Real traffic', text: '36 of 40 requests to POST /v1/posts failed in the last 5 min' },
      { label: 'Healthy', text: 'sign-in' },
      { label: 'Changed', text: 'version 4.12 was deployed 6 min ago' },
      { label: 'Next', text: 'call-kim in 4 min unless acknowledged' },
    ],
    speech: expect.any(String),
    links: [
      { label: 'Incident', url: 'https://ringdown.example.com/incidents/inc-1' },
      { label: 'Run', url: 'https://ringdown.example.com/runs/0199c0de' },
      { label: 'Runbook', url: 'https://wiki.example.com/posts' },
    ],
    escalates_to: 'call-kim',
    answer_url: null,
  });
});

const headline = (patch: Partial<Incident>, event: NotificationEvent, around: Partial<PageContext> = {}) =>
  composePage({ ...writing, ...patch }, event, { ...context, ...around }, NOW).headline;

test.each([
  [
    'incident.escalated',
    {},
    {},
    'Nobody has answered for 35 s · P1 Reference API, production · write: status 500, expected 201',
  ],
  [
    'incident.acknowledged',
    { acknowledged_by: 'kim' },
    {},
    'Acknowledged by kim · P1 Reference API, production · write: status 500, expected 201',
  ],
  [
    'incident.resolved',
    { resolved_at: '2026-11-23T03:04:00.000Z' },
    {},
    'Resolved after 4 min · Reference API, production · write: status 500, expected 201',
  ],
  [
    'incident.resolved',
    {},
    { continues_as: 'Reference API does not answer' },
    'Merged · Reference API, production · write: status 500, expected 201 · continues as: Reference API does not answer',
  ],
] as const)('%s: its first line', (event, patch, around, expected) => {
  expect(headline(patch, event, around)).toBe(expected);
});

test('an outage that has just begun is not told in milliseconds', () => {
  const page = composePage(writing, 'incident.triggered', context, Date.parse(writing.cause.failing_since) + 146);
  expect(page.facts[0]).toEqual({ label: 'Since', text: '2026-11-23 03:00:00 UTC, for 1 s' });
});

test('everybody is called by that name', () => {
  const next_escalation = { at: '2026-11-23T03:05:05.000Z', notify: ['all'] };
  const { facts } = composePage(writing, 'incident.triggered', { ...context, next_escalation }, NOW);
  expect(facts.at(-1)).toEqual({ label: 'Next', text: 'every channel in 4 min unless acknowledged' });
});

test('a page that could not leave before the end says that it is over', () => {
  const over = { ...writing, state: 'resolved' as const, resolved_at: '2026-11-23T03:00:30.000Z' };
  const page = composePage(over, 'incident.triggered', context, NOW + 3_600_000);
  expect(page.headline).toBe('Over after 30 s · Reference API, production · write: status 500, expected 201');
  expect(page.speech).toContain('It is over. It lasted thirty seconds.');
  expect(page.speech).not.toContain('Failing for');
});

test('a server error cannot forge a line of its own', () => {
  const cause = { ...writing.cause, server_error: 'boom\r\nP1 All is well\u2028really' };
  const page = composePage({ ...writing, cause }, 'incident.triggered', context, NOW);
  expect(page.server_error).toBe('boom P1 All is well really');
});
