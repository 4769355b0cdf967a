import { describe, expect, test } from '@jest/globals';
import type { Incident, NotificationEvent } from '../incident.ts';
import { notification } from '../testing/notification.ts';
import { composePage, type PageContext } from './compose.ts';
import { memberNoun } from './members.ts';
import { incidentTitle } from './title.ts';

const NOW = Date.parse('2026-11-23T03:00:40.000Z');
const key = (route: string) => `rule:critical/slow-posts{http.route=${JSON.stringify(route)}}`;
const routes = Array.from({ length: 12 }, (_, index) => key(index === 0 ? '/v1/posts' : `/v1/things-${index}`));

const base = notification().incident;
const slow: Incident = {
  ...base,
  source: 'rule',
  priority: 'P2',
  policy: 'critical',
  labels: {
    service: 'reference-api',
    policy: 'critical',
    rule: 'slow-posts',
    'http.route': '/v1/posts',
    team: 'posts',
  },
  monitors: routes.slice(0, 1),
  failing_count: 1,
  cause: {
    ...base.cause,
    monitor: routes[0]!,
    monitor_name: 'slow-posts /v1/posts',
    step: '',
    message: 'p95 of GET /v1/posts is 2.1 s, allowed are 500 ms',
    expected: '500 ms',
    actual: '2.1 s',
    server_error: null,
    trace_id: null,
    run_url: null,
    route: null,
    failing_since: '2026-11-23T03:00:00.000Z',
  },
  evidence: { real_traffic: null, healthy_monitors: [] },
  deployment: null,
};

const around: PageContext = {
  unreachable: false,
  flapping: false,
  failing_routes: 0,
  failing_monitors: 1,
  next_escalation: null,
  continues_as: null,
  released: null,
  answer_url: 'https://ringdown.example.com/a/token',
  monitorName: (monitor) => /"(.*)"/.exec(monitor)?.[1] ?? monitor,
};

const page = (
  patch: Partial<Incident> = {},
  context: Partial<PageContext> = {},
  event: NotificationEvent = 'incident.triggered',
) => composePage({ ...slow, ...patch }, event, { ...around, ...context }, NOW);

describe('a page of a rule', () => {
  test('leads with what the rule says, and speaks its numbers', () => {
    const { headline, speech, facts, links } = page();
    expect(headline).toBe('P2 Reference API, production · p95 of GET /v1/posts is 2.1 s, allowed are 500 ms');
    expect(speech).toBe(
      'Priority two. Reference API, production. The ninety-fifth percentile of GET v1 posts is two point one seconds, ' +
        'allowed are 500 milliseconds. Firing for forty seconds.',
    );
    expect(facts).toEqual([
      { label: 'Since', text: '2026-11-23 03:00:00 UTC, for 40 s' },
      { label: 'Rule', text: 'slow-posts of policy critical' },
      { label: 'Limit', text: '500 ms' },
      { label: 'Value', text: '2.1 s' },
      { label: 'Labels', text: 'http.route=/v1/posts, team=posts' },
    ]);
    expect(links.map(({ label }) => label)).toEqual(['Incident', 'Runbook']);
  });

  test('on log records leads with what they say, and links the trace of one of them', () => {
    const record = (message: string, exception_type: string | null = null) => ({
      time: '2026-11-23T03:00:00.000000000Z',
      level: 'error',
      service: 'billing',
      message,
      exception_type,
      trace_id: null,
    });
    const said = 'connection refused to db:5432';
    const { headline, speech, facts, links, server_error } = page({
      cause: {
        ...slow.cause,
        message: '12 errors of billing within 5 min, more than 10',
        server_error: `${said} (9 of 12)`,
        trace_id: 'ab'.repeat(16),
      },
      evidence: {
        ...slow.evidence,
        log_records: [record(said), record('no card', 'CardError'), record('no card', 'CardError')],
      },
    });
    expect(headline).toMatch(
      / · 12 errors of billing within 5 min, more than 10: "connection refused to db:5432 \(9 of 12\)"$/,
    );
    expect(server_error).toBe(`${said} (9 of 12)`);
    expect(speech).toMatch(/^Priority two\. .* Server log: connection refused to db/);
    expect(facts).toContainEqual({ label: 'Log', text: 'error CardError no card' });
    expect(links.find(({ label }) => label === 'Trace')?.url).toBe(
      `https://ringdown.example.com/traces/${'ab'.repeat(16)}`,
    );
  });

  test('counts exactly what else breaks it, by the label that tells them apart', () => {
    const { headline, speech, facts } = page({ monitors: routes, failing_count: 12 }, { failing_monitors: 12 });
    expect(headline).toMatch(/allowed are 500 ms, and 11 more routes$/);
    expect(speech).toContain('500 milliseconds. Eleven more routes. Firing for');
    expect(facts.find(({ label }) => label === 'Routes')?.text).toBe(
      '12, 12 still failing: /v1/posts, /v1/things-1, /v1/things-2, /v1/things-3, /v1/things-4 and 7 more',
    );
  });

  test('keeps the count of a summary that is far too long', () => {
    const cause = { ...slow.cause, message: 'slow '.repeat(200) };
    const { headline } = page({ monitors: routes, cause }, { failing_monitors: 12 });
    expect(headline.length).toBeLessThanOrEqual(250);
    expect(headline).toMatch(/…, and 11 more routes$/);
  });

  test('says that it rang late, and why', () => {
    const { speech, facts } = page({}, { released: 'silenced by kim until 14:00 UTC: deploying' });
    expect(facts[1]).toEqual({ label: 'Rang late', text: 'silenced by kim until 14:00 UTC: deploying' });
    expect(speech).toContain('This comes late: silenced by kim until');
  });

  test('names who works on it and what holds it', () => {
    const held = { stage: 'silence' as const, reason: 'silenced by kim until 14:00 UTC', until: null };
    const told = Object.fromEntries(page({ held, assignee: 'minsu' }).facts.map(({ label, text }) => [label, text]));
    expect(told).toMatchObject({ Held: 'silenced by kim until 14:00 UTC', Assigned: 'to minsu' });
  });

  test('says that it is over without claiming that a step works', () => {
    const resolved = { state: 'resolved' as const, resolved_at: '2026-11-23T03:04:00.000Z', failing_count: 1 };
    expect(page(resolved, {}, 'incident.resolved').speech).toBe(
      'Resolved. Reference API, production. The ninety-fifth percentile of GET v1 posts is two point one seconds, ' +
        'allowed are 500 milliseconds. It lasted four minutes.',
    );
  });

  test('a reminder of what somebody has taken does not say that nobody answered', () => {
    const taken = { state: 'acknowledged' as const, acknowledged_by: 'kim' };
    const { headline, speech } = page(taken, {}, 'incident.escalated');
    expect(headline).toMatch(/^Still open after 40 s, acknowledged by kim · P2 /);
    expect(speech).toContain('Kim has taken it.');
  });
});

test('an alert of another system names its sender', () => {
  const cause = { ...slow.cause, monitor: 'inbound:alertmanager/abc', monitor_name: 'HighLatency' };
  expect(page({ source: 'inbound', monitors: ['inbound:alertmanager/abc'], cause }).facts[1]).toEqual({
    label: 'Reported by',
    text: 'alertmanager: HighLatency',
  });
});

test('what another system says at length stands in full below', () => {
  const message = `HighLatency: ${'the queue of orders grows, '.repeat(12)}`;
  const cause = { ...slow.cause, monitor: 'inbound:alertmanager/abc', monitor_name: 'HighLatency', message };
  const { headline, facts } = page({ source: 'inbound', monitors: ['inbound:alertmanager/abc'], cause });
  expect(headline.length).toBeLessThanOrEqual(250);
  expect(facts.find(({ label }) => label === 'Message')?.text).toBe(message.trim());
  expect(facts[1]).toEqual({ label: 'Reported by', text: 'alertmanager' });
});

test.each(['javascript:alert(1)', 'not a url', 'file:///etc/passwd'])('%s is no link', (source_url) => {
  const { links } = page({ cause: { ...slow.cause, source_url }, runbook: source_url });
  expect(links.map(({ label }) => label)).toEqual(['Incident']);
});

test('the answer link is there until somebody has taken it', () => {
  expect(page().answer_url).toBe('https://ringdown.example.com/a/token');
  expect(page({ state: 'acknowledged' }, {}, 'incident.updated').answer_url).toBeNull();
  expect(page({ state: 'resolved' }, {}, 'incident.resolved').answer_url).toBeNull();
});

test('people and schedules are called by their names', () => {
  const next_escalation = { at: '2026-11-23T03:05:40.000Z', notify: ['on-call:primary', 'user:kim', 'pager'] };
  expect(page({}, { next_escalation }).escalates_to).toBe('whoever is on call for primary, kim and pager');
});

describe('titles of rules and other systems', () => {
  test('one', () => {
    const summary = slow.cause.message;
    expect(incidentTitle({ service: 'reference-api', summary, monitors: routes.slice(0, 1), failing_count: 1 })).toBe(
      'Reference API: p95 of GET /v1/posts is 2.1 s, allowed are 500 ms',
    );
  });
  test('many, and several rules', () => {
    const summary = 'disk is full';
    expect(incidentTitle({ service: 'db', summary, monitors: routes, failing_count: 3 })).toBe(
      'Database: disk is full, and 2 more routes',
    );
    const monitors = ['rule:a/x', 'rule:a/y'];
    expect(incidentTitle({ service: 'db', summary, monitors, failing_count: 2 })).toBe(
      'Database: disk is full, and 1 more',
    );
  });
});

test.each([
  [['rule:a/b{service.name="x",region="eu"}', 'rule:a/b{service.name="y",region="eu"}'], 'service'],
  [['rule:a/b{k8s.pod.name="a \\"quoted\\", b"}', 'rule:a/b{k8s.pod.name="c"}'], 'pod'],
  [['rule:a/b{x="1",y="1"}', 'rule:a/b{x="2",y="2"}'], null],
  [['rule:a/b{x="1"}', 'rule:a/c{x="2"}'], null],
  [['post-journey@production', 'sign-in@production'], null],
  [[], null],
])('%j are told apart by %s', (monitors, noun) => {
  expect(memberNoun(monitors)).toBe(noun);
});
