import { expect, test } from '@jest/globals';
import type { IncidentHistory } from '../../alerts/alert-store.ts';
import type { RunResult, StepResult } from '../../scenarios/run-result.ts';
import { writePostMortem } from './post-mortem.ts';

const step = (name: string, more: Partial<StepResult> = {}): StepResult =>
  ({
    name,
    row: null,
    status: 'passed',
    duration_ms: 12,
    request: {
      method: 'POST',
      url: 'http://10.0.0.7/v1/posts',
      route: '/v1/posts',
      headers: { cookie: 'c' },
      body: null,
    },
    response: { status: 201, http_version: '1.1', headers: {}, body: { text: 'a customer wrote this' } },
    assertions: [],
    error: null,
    skipped_reason: null,
    ...more,
  }) as StepResult;
const failing = step('write', {
  status: 'failed',
  response: { status: 500, http_version: '1.1', headers: {}, body: null },
  assertions: [{ passed: false, message: 'status 500, expected 201' }] as StepResult['assertions'],
});

const history = (source: 'run' | 'rule', first = 'run-1') =>
  ({
    incident: {
      id: 'i1',
      dedup_key: 'd1',
      title: 'reference-api: write fails',
      url: 'https://ringdown.example.com/incidents/i1',
      priority: 'P1',
      policy: 'critical',
      service: 'reference-api',
      environment: 'live',
      state: 'triggered',
      triggered_at: '2026-11-23T03:00:00.000Z',
      acknowledged_at: null,
      acknowledged_by: null,
      resolved_at: null,
      resolved_by: null,
      assignee: null,
      held: null,
      merged_into: null,
      source,
      labels: {},
      monitors: ['post-journey@live'],
      failing_count: 1,
      evidence: { real_traffic: null, healthy_monitors: [] },
      deployment: null,
      runbook: null,
      cause: {
        monitor: 'post-journey@live',
        monitor_name: 'Write a post',
        step: 'write',
        message: 'status 500, expected 201',
        expected: '201',
        actual: '500',
        server_error: null,
        trace_id: null,
        run_id: 'run-1',
        run_url: 'https://ringdown.example.com/runs/run-1',
        source_url: null,
        route: 'POST /v1/posts',
        failing_since: '2026-11-23T02:59:58.000Z',
        attempts: 2,
      },
    },
    first_run: source === 'run' ? { id: first, url: `https://ringdown.example.com/runs/${first}` } : null,
    timeline: [],
    deliveries: [],
    words: [],
  }) as IncidentHistory;

async function written(source: 'run' | 'rule', steps: StepResult[]): Promise<string> {
  const run = { id: 'run-1', started_at: '2026-11-23T02:59:58.000Z', steps } as RunResult;
  const document = await writePostMortem('i1', {
    store: { find: async () => history(source) },
    runs: { find: async (id) => (id === run.id ? run : null) },
    now: () => Date.parse('2026-11-23T03:05:00Z'),
  });
  return document!;
}

test('the document carries what the failing run did, without bodies and headers', async () => {
  const document = await written('run', [step('sign in'), failing, step('read', { status: 'skipped' })]);
  expect(document).toContain('## Evidence of the first failing run');
  expect(document).toContain('status 500, expected 201');
  expect(document).toMatch(/2\. write: failed.*answered 500/);
  expect(document).not.toContain('a customer wrote this');
});

test('where the cause speaks of a later run, the first failing one and that one are both there', async () => {
  const made = (id: string, name: string) =>
    ({ id, started_at: '2026-11-23T02:59:58.000Z', steps: [{ ...failing, name }] }) as RunResult;
  const kept = [made('run-0', 'sign in'), made('run-1', 'write')];
  const write = (runs: RunResult[]) =>
    writePostMortem('i1', {
      store: { find: async () => history('run', 'run-0') },
      runs: { find: async (id) => runs.find((run) => run.id === id) ?? null },
      now: () => Date.parse('2026-11-23T03:05:00Z'),
    });
  const document = (await write(kept))!;
  const [, first, latest] = document.split('## Evidence of ');
  expect(first).toMatch(
    /^the first failing run\n\nRun \[run\\-0\]\(https:\/\/ringdown.example.com\/runs\/run-0\).*1\. sign in: failed/s,
  );
  expect(latest).toMatch(/^the run that the cause speaks of\n\nRun \[run\\-1\].*1\. write: failed/s);
  expect(await write(kept.slice(1))).toMatch(/first failing run\n\nRun \[run\\-0\].* is not kept any more\./);
});

test('of very many steps those up to the failing one are told', async () => {
  const steps = [...Array.from({ length: 80 }, (_, index) => step(`step ${index}`)), failing];
  const document = await written('run', steps);
  expect(document).toMatch(/50\. write: failed/);
});

test('a rule has no run, and what is not there has no document', async () => {
  expect(await written('rule', [failing])).not.toContain('answered 500');
  const none = { store: { find: async () => null }, runs: { find: async () => null }, now: () => 0 };
  expect(await writePostMortem('i9', none)).toBe(null);
});
