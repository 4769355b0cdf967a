import { describe, expect, test } from '@jest/globals';
import type { EvidencePatch } from '../../alerts/engine/answer.ts';
import type { SignalRule } from '../../alerts/policies/policy.ts';
import { ruleKinds } from '../../alerts/rules/registry.ts';
import type { ShownSeries } from '../../alerts/rules/rule.ts';
import { policyOf } from '../../alerts/rules/testing/bench.ts';
import { notification } from '../../alerts/testing/notification.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Question, Reader } from '../../monitoring/reader.ts';
import type { LogRow } from '../../monitoring/telemetry.ts';
import { telemetryEvidence } from './evidence-source.ts';

const TRACE = 'ab'.repeat(16);
const { incident } = notification();
const ofRule = { ...incident, source: 'rule' as const };

/** What a rule shows, as its text in a policy says. */
function shown(rule: string, labels: Record<string, string> = {}): ShownSeries | null {
  const { kind, spec } = policyOf([`{ id: a, ${rule} }`]).rules[0] as SignalRule;
  const question = ruleKinds.get(kind)!.shows(spec);
  return question && { question, labels };
}

const record = (message: string, more: Partial<LogRow> = {}): LogRow => ({
  time: '2026-11-23T03:00:00.000000000Z',
  level: 'error',
  message,
  service: 'billing',
  trace_id: null,
  span_id: null,
  exception: null,
  attributes: {},
  ...more,
});

/** Asks for evidence until `untilMs`. @param answer what the store says at that time */
async function evidenceOf(
  series: ShownSeries | null,
  answer: (question: Question, atMs: number) => unknown,
  untilMs = 300,
) {
  const clock = new VirtualClock();
  const asked: Question[] = [];
  const told: { atMs: number; patch: EvidencePatch }[] = [];
  const troubles: string[] = [];
  const reader: Reader = {
    ask: (async (question: Question) => {
      asked.push(question);
      return answer(question, clock.monotonic());
    }) as Reader['ask'],
  };
  const over = new AbortController();
  const source = telemetryEvidence({
    clock,
    reader,
    spanOf: () => undefined,
    seriesOf: () => series,
    onTrouble: ({ message }) => troubles.push(message),
  });
  const tell = (patch: EvidencePatch) => told.push({ atMs: clock.monotonic(), patch });
  const done = source.gather(ofRule, tell, over.signal);
  await clock.advance(untilMs);
  over.abort(new Error('over'));
  await done;
  return { told, asked, troubles };
}

describe('a rule on log records', () => {
  const errors = 'threshold: { of: { logs: { service: billing, level: error } }, is: { gt: 10 } }';

  test('tells what its newest records say most often, whatever numbers stand in them', async () => {
    const items = [
      record('took 812 ms'),
      record('query failed', {
        exception: { type: 'DbError', message: 'connection refused to db:5432', stacktrace: null },
        trace_id: TRACE,
      }),
      record('took 9 ms'),
      record('took 77 ms'),
    ];
    const { told, asked } = await evidenceOf(shown(errors), () => ({ items, next_cursor: null }));
    expect(asked).toEqual([{ ask: 'logs', service: 'billing', level: 'error', limit: 200 }]);
    expect(told).toHaveLength(1);
    expect(told[0]!.patch.server_error).toBe('took 812 ms (3 of 4)');
    expect(told[0]!.patch.log_records![1]).toEqual({
      time: '2026-11-23T03:00:00.000000000Z',
      level: 'error',
      service: 'billing',
      message: 'connection refused to db:5432',
      exception_type: 'DbError',
      trace_id: TRACE,
    });
  });

  test('keeps a few records, short, on one line and without credentials', async () => {
    const items = Array.from({ length: 200 }, () =>
      record(`denied\nfor password=hunter2 ${'x'.repeat(100_000)}`, { trace_id: TRACE }),
    );
    const { told } = await evidenceOf(shown(errors), () => ({ items, next_cursor: 'more' }));
    const { log_records, trace_id, server_error } = told[0]!.patch;
    expect(trace_id).toBe(TRACE);
    expect(server_error).toMatch(/^denied for password=\[redacted\] x+$/);
    expect(log_records).toHaveLength(5);
    for (const { message } of log_records!) expect(message.length).toBeLessThanOrEqual(500);
    expect(JSON.stringify(told)).not.toContain('hunter2');
  });

  test('of a value of by, only its own records', async () => {
    const grouped = errors.replace(' } }, is', ' }, by: [city, log.level] }, is');
    const labels = { city: 'busan', 'log.level': 'error' };
    const items = [
      record('seoul', { attributes: { city: 'seoul' } }),
      record('fatal', { attributes: { city: 'busan' }, level: 'fatal' }),
      record('busan', { attributes: { city: 'busan' } }),
    ];
    const { told } = await evidenceOf(shown(grouped, labels), () => ({ items, next_cursor: null }));
    expect(told.map(({ patch }) => patch.server_error)).toEqual(['busan']);
  });

  test('what comes late, or after the store was away, is told when it is there', async () => {
    const answer = (_: Question, atMs: number) => {
      if (atMs < 100) throw new Error('the relay starts');
      return { items: atMs < 2_000 ? [] : [record('late')], next_cursor: null };
    };
    const { told, troubles } = await evidenceOf(shown(errors), answer, 10_000);
    expect(troubles).toEqual(['the relay starts']);
    expect(told.map(({ patch }) => patch.server_error)).toEqual(['late']);
    expect(told[0]!.atMs).toBeLessThan(4_000);
  });

  test('too few records are explained by none', async () => {
    expect(shown(errors.replace('gt', 'lt'))).toBeNull();
    expect((await evidenceOf(null, () => undefined)).asked).toEqual([]);
  });
});

describe('a rule on requests', () => {
  const summary = (status_code: number, name = 'GET /a') => ({
    trace_id: TRACE,
    name,
    status_code,
    error: status_code >= 500,
  });
  const server = { span_id: 's', parent_span_id: null, kind: 'server', attributes: { 'http.route': '/a' }, events: [] };
  const trace = {
    trace_id: TRACE,
    spans: [server],
    logs: [{ level: 'error', span_id: 's', message: 'boom', exception: null }],
  };
  const store = (items: unknown[]) => (question: Question) =>
    question.ask === 'trace' ? trace : { items, next_cursor: null };

  test('that fail links one of them, with its own error', async () => {
    const ratio =
      'ratio: { part: { requests: { service: api, status: 5xx } }, whole: { requests: { service: api } }, is: { gt: 5% } }';
    const { told, asked } = await evidenceOf(shown(ratio), store([summary(404), summary(503)]));
    expect(asked[0]).toEqual({ ask: 'traces', order: 'latest', service: 'api', errors_only: true, limit: 50 });
    expect(told[0]!.patch).toEqual({ trace_id: TRACE, server_error: 'boom' });
  });

  test('that are slow links the slowest, also where they are written as a metric', async () => {
    const slow =
      'threshold: { of: { metric: http.server.request.duration, aggregate: p95, by: [service.name, http.route] }, is: { gt: 500ms } }';
    const labels = { 'service.name': 'api', 'http.route': '/a' };
    const { told, asked } = await evidenceOf(shown(slow, labels), store([summary(200)]));
    expect(asked[0]).toEqual({ ask: 'traces', order: 'slowest', service: 'api', route: '/a', limit: 50 });
    expect(told[0]!.patch).toMatchObject({ trace_id: TRACE });
  });

  test('by what a list of requests does not tell links none; nor does another metric', async () => {
    const byUser = 'threshold: { of: { requests: {}, by: user.id }, is: { gt: 5 } }';
    expect((await evidenceOf(shown(byUser, { 'user.id': 'kim' }), store([summary(200)]))).told).toEqual([]);
    const other = 'threshold: { of: { metric: queue.depth, aggregate: max }, is: { gt: 5 } }';
    expect((await evidenceOf(shown(other), store([summary(200)]))).asked).toEqual([]);
  });

  test('a budget that burns shows what was not good', () => {
    const budget =
      'burn_rate: { good: { requests: { service: api, status: ok } }, total: { requests: { service: api } }, objective: 99.9% }';
    expect(shown(budget)!.question).toMatchObject({ of: 'requests', status: 'error' });
  });
});
