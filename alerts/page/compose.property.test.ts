import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import type { Incident, NotificationEvent } from '../incident.ts';
import { HOSTILE_TEXT, notification } from '../testing/notification.ts';
import { composePage } from './compose.ts';
import { incidentTitle } from './title.ts';

const EVENTS: NotificationEvent[] = [
  'incident.triggered',
  'incident.escalated',
  'incident.acknowledged',
  'incident.updated',
  'incident.resolved',
];
const TEXTS = [
  '',
  ' ',
  'status 500, expected 201',
  'p99 of GET /v1/posts is 2.1 s, allowed are 500 ms',
  HOSTILE_TEXT,
  'x'.repeat(5_000),
  '한'.repeat(700),
  '🔥'.repeat(700),
  '%s {{ x }} ${y} 1e309 -0 ≥≥≥ <<<<',
  'rule:a/b{c="d"}',
];

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

test('whatever an incident holds, its page is lines of bounded length that no text can break out of', () => {
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const maybe = <T>(value: () => T): T | null => (random() < 0.5 ? null : value());
    const text = () => pick(TEXTS);
    const base = notification().incident;
    const source = pick(['run', 'rule', 'inbound'] as const);
    const state = pick(['triggered', 'acknowledged', 'resolved'] as const);
    const monitors = Array.from({ length: Math.floor(random() * 5) }, (_, index) => `rule:a/b{c="${index}${text()}"}`);
    const incident: Incident = {
      ...base,
      source,
      state,
      service: text(),
      environment: text(),
      monitors,
      labels: { [text()]: text(), team: text() },
      failing_count: monitors.length,
      held: maybe(() => ({ stage: 'silence', reason: text(), until: null })),
      assignee: maybe(text),
      acknowledged_by: maybe(text),
      resolved_by: maybe(text),
      resolved_at: state === 'resolved' ? '2026-01-01T00:10:00.000Z' : null,
      runbook: maybe(text),
      cause: {
        ...base.cause,
        step: source === 'run' ? text() : '',
        message: text(),
        monitor_name: text(),
        expected: maybe(text),
        actual: maybe(text),
        server_error: maybe(text),
        route: maybe(text),
        source_url: maybe(text),
      },
    };
    const around = {
      unreachable: random() < 0.2,
      flapping: random() < 0.2,
      failing_routes: Math.floor(random() * 3),
      failing_monitors: monitors.length,
      next_escalation: maybe(() => ({ at: '2026-01-01T00:05:00.000Z', notify: [text(), `user:${text()}`] })),
      continues_as: maybe(text),
      released: maybe(text),
      answer_url: 'https://ringdown.example.com/a/token',
      monitorName: (key: string) => key,
    };
    const page = composePage(incident, pick(EVENTS), around, Date.parse('2026-01-01T00:01:00.000Z'));
    const lines = [page.headline, page.server_error ?? '', page.speech, ...page.facts.map((fact) => fact.text)];
    for (const line of lines) {
      expect({ seed, broken: /[\u0000-\u001f\u007f\u2028\u2029]/.test(line) }).toEqual({ seed, broken: false });
    }
    expect(page.headline.length).toBeLessThanOrEqual(250);
    expect(page.headline.trim()).not.toBe('');
    expect(Math.max(...page.facts.map((fact) => fact.text.length))).toBeLessThanOrEqual(1_000);
    expect({ seed, markup: /[<>]/.test(page.speech) }).toEqual({ seed, markup: false });
    expect(page.speech.length).toBeLessThan(2_500);
    expect(page.links.every(({ url }) => URL.canParse(url))).toBe(true);
    expect(page.answer_url === null).toBe(state !== 'triggered');
    const title = incidentTitle({ service: 'db', summary: text(), monitors, failing_count: monitors.length });
    expect(title.length).toBeLessThanOrEqual(250);
  }
});
