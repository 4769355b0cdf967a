import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../core/clock.ts';
import type { Parameters, Scenario } from '../language/model.ts';
import { template } from '../language/template.ts';
import type { RunResult, StepResult } from '../run-result.ts';
import { createRunner } from './runner.ts';
import { toSpans } from './spans.ts';
import { json, type Service, startService } from './testing/service.ts';
import { type GroupSketch, type StepSketch, sketchScenario } from './testing/sketch-scenario.ts';

/** Everything that steps can be made of, against a service that does what the path says. */
const TIMEOUT_MS = 60;

let service: Service;
beforeAll(async () => {
  service = await startService(({ url }, response) => {
    const what = url.slice(1).split('/')[0];
    if (what === 'hang') return;
    if (what === 'reset') return response.destroy();
    if (what === 'half') return response.writeHead(200, { 'content-length': '99' }).write('{"id":');
    if (what === 'text') return response.end('no JSON');
    if (what === 'sometimes') return json(response, service.seen.length % 3 === 0 ? 200 : 503, { id: 1 });
    json(response, what === 'fail' ? 500 : 200, { id: service.seen.length, token: 'secret-token-1' });
  });
});
afterAll(() => service.close());

const path = fc.constantFrom(
  'ok',
  'ok',
  'ok',
  'fail',
  'reset',
  'half',
  'text',
  'sometimes',
  'hang',
  '{{ id }}',
  '{{ nobody }}',
);
const value = fc.constantFrom<unknown>('{{ id }}', '{{ nobody }}', '{{ row.n }}', '{{ text | number }}', 1, null);
const condition = fc.constantFrom<Record<string, unknown>>(
  { equals: 1 },
  { exists: true },
  { exists: false },
  { gt: '{{ nobody }}' },
  { not: { equals: 1 } },
);
const parameters = fc.constantFrom<Parameters | undefined>(
  undefined,
  undefined,
  { outer: null, values: [{ name: 'id', value: template('{{ text }}') }] },
  { outer: null, values: [{ name: 'p', value: template('{{ nobody }}') }] },
);
const action: fc.Arbitrary<StepSketch> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record(
        {
          request: path.map((where) => `GET /${where}`),
          if: fc.tuple(value, condition).map(([asked, wanted]) => ({ value: asked, ...wanted })),
          repeat: fc.record({
            until: fc.constantFrom<Record<string, unknown>>({ status: 200 }, { jsonpath: { '$.id': '{{ id }}' } }),
            everyMs: fc.integer({ min: 0, max: 20 }),
            atMost: fc.integer({ min: 1, max: 4 }),
          }),
          parameters: parameters as fc.Arbitrary<Parameters>,
          expect: fc.constantFrom<Record<string, unknown>>({ jsonpath: { '$.id': '{{ id }}' } }, { status: 500 }),
          warn: fc.constantFrom<Record<string, unknown>>({ jsonpath: { '$.x': '{{ nobody }}' } }, { status: 201 }),
          capture: fc.constantFrom<Record<string, string>>({ id: '$.id' }, { token: '!$.token', id: '$.none' }),
          timeoutMs: fc.integer({ min: 1, max: 40 }),
        },
        { requiredKeys: ['request'] },
      )
      .map((sketch) => (sketch.parameters === undefined ? omit(sketch, 'parameters') : sketch)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 80 }).map((pauseMs) => ({ pauseMs })) },
);
const group: fc.Arbitrary<GroupSketch> = fc.record(
  {
    parallel: fc.array(action, { minLength: 1, maxLength: 4 }),
    if: fc.tuple(value, condition).map(([v, c]) => ({ value: v, ...c })),
  },
  { requiredKeys: ['parallel'] },
);
const section = fc.array(fc.oneof({ weight: 4, arbitrary: action }, { weight: 1, arbitrary: group }), { maxLength: 3 });
const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    steps: fc
      .array(action, { minLength: 1, maxLength: 2 })
      .chain((first) => section.map((rest) => [...first, ...rest])),
    before: section,
    after: section,
    always: section,
    rows: fc.option(fc.array(fc.record({ n: value }), { minLength: 1, maxLength: 5 })),
    times: fc.integer({ min: 0, max: 1 }),
    seed: fc.option(fc.integer()),
  })
  .map(({ steps, rows, times, ...rest }) =>
    sketchScenario(steps, {
      ...rest,
      ...(rows ? { data: rows as Record<string, unknown>[] } : {}),
      retry: { times, delayMs: 5 },
      timeoutMs: TIMEOUT_MS,
      variables: { text: 'word' },
    }),
  );

function omit<Kept extends object>(value: Kept, key: keyof Kept): Kept {
  const { [key]: _, ...rest } = value;
  return rest as Kept;
}

test('whatever a scenario is made of and whenever it is stopped, the run is a result that holds together', async () => {
  const runner = createRunner({ clock: systemClock, userAgent: 'ringdown/0', allowedOrigins: [service.origin] });
  await fc.assert(
    fc.asyncProperty(scenario, fc.option(fc.integer({ min: 0, max: 100 })), async (made, stopAfterMs) => {
      const stop = new AbortController();
      const timer = stopAfterMs === null ? null : setTimeout(() => stop.abort(), stopAfterMs);
      const start = performance.now();
      const run = await runner.run({
        scenario: made,
        environment: { name: 'local', base_url: service.origin },
        secrets: {},
        scheduledAt: null,
        abort: stop.signal,
      });
      if (timer) clearTimeout(timer);
      // Two attempts with `always`; the rest is what a busy machine takes.
      expect(performance.now() - start).toBeLessThan(2 * 2 * TIMEOUT_MS + 10_000);
      holdsTogether(run, made, stop.signal.aborted);
      toSpans(run);
    }),
    { seed: 11, numRuns: 150 },
  );
}, 60_000);

function holdsTogether(run: RunResult, made: Scenario, stopped: boolean): void {
  expect(run.watcher_fault).toBeNull();
  expect(JSON.parse(JSON.stringify(run))).toEqual(run);
  expect(JSON.stringify(run)).not.toContain('secret-token-1');
  if (run.status === 'skipped') expect(stopped).toBe(true);
  else expect(run.status === 'passed').toBe(run.failure === null);
  for (const attempt of run.attempts) {
    expect(attempt.status === 'passed').toBe(attempt.failure === null);
    for (const step of attempt.steps) stepHolds(step);
    const spans = attempt.steps.map(({ span_id }) => span_id);
    expect(new Set(spans).size).toBe(spans.length);
    if (made.data && attempt.rows) {
      expect(attempt.rows.passed + attempt.rows.failed).toBeLessThanOrEqual(attempt.rows.total);
    }
    const bad = attempt.steps.filter(({ status }) => status === 'failed' || status === 'error');
    if (attempt.failure === null) expect(bad).toEqual([]);
  }
}

function stepHolds(step: StepResult): void {
  const unmet = step.assertions.some(({ passed }) => !passed);
  if (step.status === 'passed') expect({ unmet, error: step.error }).toEqual({ unmet: false, error: null });
  if (step.status === 'failed') expect(unmet).toBe(true);
  if (step.status === 'error') expect(step.error).not.toBeNull();
  if (step.status === 'skipped') expect(step.skipped_reason).not.toBeNull();
  expect(step.tries > 0).toBe(step.status !== 'skipped' && !neverBegan(step));
  expect(step.offset_ms).toBeGreaterThanOrEqual(0);
  expect(step.duration_ms).toBeGreaterThanOrEqual(0);
}

/** Parameters or a decision without a value: nothing was tried. */
const neverBegan = (step: StepResult) => step.error !== null && step.request === null && step.tries === 0;
