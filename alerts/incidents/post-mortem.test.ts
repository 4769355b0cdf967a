import { expect, test } from '@jest/globals';
import type { IncidentHistory } from '../alert-store.ts';
import { notification } from '../testing/notification.ts';
import { exportMarkdown } from './post-mortem.ts';

const { incident } = notification(
  {},
  {
    state: 'resolved',
    acknowledged_at: '2026-01-01T00:05:30.000Z',
    acknowledged_by: 'kim',
    resolved_at: '2026-01-01T01:00:00.000Z',
  },
);
const history: IncidentHistory = {
  incident,
  first_run: null,
  timeline: [
    {
      id: '1',
      incident_id: incident.id,
      at: '2026-01-01T00:00:00.000Z',
      kind: 'triggered',
      message: 'it fails',
      actor: null,
    },
    {
      id: '2',
      incident_id: incident.id,
      at: '2026-01-01T00:07:00.000Z',
      kind: 'note',
      message: 'db-3 | <b>full</b>\n# not a title',
      actor: 'kim',
    },
  ],
  deliveries: [
    {
      delivery_id: 'dlv-1',
      incident_id: incident.id,
      dedup_key: incident.dedup_key,
      channel: 'pager',
      event: 'incident.triggered',
      status: 'accepted',
      due_at: '2026-01-01T00:00:00.000Z',
      attempts: 2,
      last_attempt_at: '2026-01-01T00:00:01.500Z',
      last_error: null,
      provider_ref: null,
    },
  ],
  words: [],
};
const NOW = Date.UTC(2026, 0, 2);

test('a rule has a limit and a value, a scenario what was expected and what came', () => {
  const cause = { ...incident.cause, expected: '5%', actual: '25%' };
  const text = (source: 'rule' | 'run') =>
    exportMarkdown({ ...history, incident: { ...incident, source, cause } }, { first: null, latest: null, now: NOW });
  expect(text('rule')).toContain('- Limit `5%`, value `25%`');
  expect(text('run')).toContain('- Expected `5%`, actual `25%`');
});

test('the document says what happened, for how long, who was told how fast, and who took it when', () => {
  const text = exportMarkdown(history, { first: null, latest: null, now: NOW });
  expect(text).toMatch(/^# Reference API: POST \/v1\/posts answers 500\n/);
  expect(text).toContain('| Acknowledged | by kim after 6 min |');
  expect(text).toContain('| Lasted | 1 h |');
  expect(text).toContain('- Real traffic: 9 of 10 requests to `POST /v1/posts` failed within five minutes.');
  expect(text).toContain('| +7 min | 2026-01-01 00:07:00 UTC | note: ');
  expect(text).toContain('| 2026-01-01 00:00:00 UTC | pager | triggered | accepted | 1.5 s | 2 |  |');
  expect(text).not.toContain('Evidence of the first failing run');
});

test('texts of others are no markup, and cannot end a table, a fence or a line', () => {
  const text = exportMarkdown(history, {
    now: NOW,
    latest: null,
    first: {
      id: 'run-1',
      url: 'javascript:alert(1)',
      started_at: '2026-01-01T00:00:00Z',
      steps: [{ name: 'sign [in](x)', status: 'passed', duration_ms: 12.4, detail: null }],
      excerpts: [{ title: 'Server log', text: 'a\n```\n# b' }],
    },
  });
  expect(text).toContain('db\\-3 \\| \\<b\\>full\\</b\\> \\# not a title');
  expect(text).toContain('[run\\-1](#)');
  expect(text).toContain('1. sign \\[in\\]\\(x\\): passed, 12 ms');
  expect(text).toContain('````\na\n```\n# b\n````');
  expect(text).not.toMatch(/^# not a title/m);
});

test('an address that another system named cannot end its link and begin another', () => {
  const hostile = 'https://alerts.example.com/a) [click](javascript:alert(1)) `|x';
  const { cause } = history.incident;
  const text = exportMarkdown(
    { ...history, incident: { ...history.incident, runbook: hostile, cause: { ...cause, source_url: hostile } } },
    { first: null, latest: null, now: NOW },
  );
  const links = text.split('\n').filter((line) => line.includes('alerts.example.com'));
  expect(links).toHaveLength(2);
  for (const line of links) expect(line).toMatch(/^- \[(Source|Runbook)\]\([^\s()[\]`|<>]+\)$/);
});

test('a first run that is not kept any more is named all the same', () => {
  const first_run = { id: 'run-0', url: 'https://ringdown.example.com/runs/run-0' };
  const text = exportMarkdown({ ...history, first_run }, { first: null, latest: null, now: NOW });
  expect(text).toContain('Run [run\\-0](https://ringdown.example.com/runs/run-0) is not kept any more.');
});
