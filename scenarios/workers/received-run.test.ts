import { expect, test } from '@jest/globals';
import { dataRun, failedRun, hostileRun, journeyRun, passedRun } from '../reporters/testing/sample-runs.ts';
import type { RunResult } from '../run-result.ts';
import { inOurTime, problemOf } from './received-run.ts';

const id = '0190a5d0-0000-7000-8000-000000000001';
const received = (run: RunResult, changes: object = {}) => ({ ...run, id, ...changes });

test.each([passedRun, failedRun, journeyRun, dataRun, hostileRun])('a run as the runner makes it is taken', (run) => {
  const sent = JSON.stringify(received(run), (key, value) => (key === 'span_id' ? 'a'.repeat(16) : value));
  expect(problemOf({ ...JSON.parse(sent), trace_id: 'b'.repeat(32) })).toBeNull();
});

test.each([
  ['null', null],
  ['no run', {}],
  ['a status that there is not', received(passedRun, { status: 'fine' })],
  ['a time that is none', received(passedRun, { started_at: '2026-99-99T99:99:99Z' })],
  ['a length without end', received(passedRun, { duration_ms: 1e300 })],
  ['steps that are none', received(passedRun, { steps: [null] })],
  ['attempts without end', received(passedRun, { attempts: Array(21).fill(passedRun.attempts[0]) })],
  ['an id of another kind', received(passedRun, { id: '../../etc/passwd' })],
])('%s is refused with its place', (_what, run) => {
  expect(problemOf(run)).toEqual(expect.any(String));
});

test("a worker's clock that is an hour wrong makes nothing old or new", () => {
  const now = Date.UTC(2026, 10, 23, 12);
  const iso = (at: number) => new Date(at).toISOString();
  const between = { from: now - 10_000, to: now };
  for (const wrongMs of [-3_600_000, 3_600_000]) {
    const at = now - 4_000 + wrongMs;
    const run: RunResult = {
      ...passedRun,
      started_at: iso(at),
      duration_ms: 1_000,
      attempts: [{ ...passedRun.attempts[0]!, started_at: iso(at + 10) }],
    };
    const ours = inOurTime(run, between, 3_000);
    expect(ours.started_at).toBe(iso(now - 4_000));
    expect(ours.attempts[0]!.started_at).toBe(iso(now - 3_990));
  }
  const right: RunResult = { ...passedRun, started_at: iso(now - 4_000), duration_ms: 1_000 };
  expect(inOurTime(right, between, 2_500)).toBe(right);
});
