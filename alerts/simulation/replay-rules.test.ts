import { afterEach, describe, expect, test } from '@jest/globals';
import type { AskedQuestion } from '../history/history.ts';
import { MemoryHistory } from '../history/testing/memory-history.ts';
import type { Policy } from '../policies/policy.ts';
import { policyOf, RuleBench } from '../rules/testing/bench.ts';
import { compareOnRecording } from './replay.ts';

const MINUTE = 60_000;
const CERTIFICATE = 'certificate api.example.com:443';

/** One rule of each kind whose numbers are not runs. */
const RULES = {
  slow: '{ id: slow, threshold: { of: { metric: m, aggregate: p95, window: 1m }, is: { gt: 500ms } }, for: 1m }',
  errors:
    '{ id: errors, ratio: { part: { requests: { service: api, status: 5xx } }, whole: { requests: { service: api } }, window: 1m, is: { gt: 50% } } }',
  surge:
    '{ id: surge, rate_of_change: { of: { logs: { service: api }, window: 1m }, compared_to: 5m, is: { gt: 100% } } }',
  silent: '{ id: silent, absence: { of: { logs: { service: other } }, for: 3m } }',
  budget:
    '{ id: budget, burn_rate: { good: { requests: { service: api, status: 200 } }, total: { requests: { service: api } }, objective: 90%, windows: [{ long: 5m, short: 1m, factor: 2 }] } }',
  certificate:
    '{ id: certificate, every: 1m, certificate: { targets: ["api.example.com:443"], expires_in: { lt: 14d } } }',
  nightly: '{ id: nightly, heartbeat: { name: nightly, every: 5m } }',
  ledger: '{ id: ledger, backend: { name: elk, is: { lag: { gt: 5m } } } }',
};

let bench: RuleBench;
let asked: AskedQuestion[];
afterEach(() => bench.stop());

function begin(policy: Policy): number {
  asked = [];
  bench = new RuleBench([policy], { onAnswer: (one) => asked.push(one) });
  const now = bench.clock.now();
  bench.source.fixed.set(CERTIFICATE, { expires_at: new Date(now + 15 * 86_400_000).toISOString(), subject: 'api' });
  bench.source.fixed.set('heartbeat nightly', heard(now));
  bench.source.fixed.set('backend elk', { lag_ms: 0, lost: 0 });
  return now;
}

function heard(at: number) {
  const last_at = new Date(at).toISOString();
  return { known_since: last_at, last_at, failed: false, message: null };
}

/** Every 5 s from `from` for so many minutes; `value` at each. */
function feed(
  of: 'metric' | 'logs' | 'requests',
  labels: Record<string, string>,
  from: number,
  values: number[],
): void {
  const samples = values.flatMap((value, minute) =>
    Array.from({ length: 12 }, (_, n): [number, number] => [from + minute * MINUTE + n * 5_000 + 1, value]),
  );
  bench.source.add({ of, labels, unit: of === 'metric' ? 'ms' : '1', samples });
}

const times = (count: number, value: number) => Array.from({ length: count }, () => value);
const policyWith = (rules: Partial<typeof RULES>) => policyOf(Object.values(rules), 'group_by: [service, rule]\n');

async function compare(history: MemoryHistory, span: { from: number; to: number }, before: Policy, after: Policy) {
  const recording = { start: span.from, end: span.to, given: [], answers: history };
  return compareOnRecording(
    { channels: [{ name: 'all', events: [] as never }] },
    { before: [before], after: [after] },
    recording,
  );
}

/** When each monitor began to fail, as the watcher saw it. */
function fired(): string[] {
  const open = new Set<string>();
  return bench.observations.flatMap(({ monitor, status, at }) => {
    if (status === 'passed') open.delete(monitor);
    if (status !== 'failed' || open.has(monitor)) return [];
    open.add(monitor);
    return [`${at} ${/\/([a-z]+)/.exec(monitor)![1]}`];
  });
}

describe('rules of every kind', () => {
  test('the same policy pages when the watcher did, a restart among it; a laxer and a stricter one where they differ', async () => {
    const policy = policyWith(RULES);
    const start = begin(policy);
    const life = start;
    feed('metric', { metric: 'm' }, start, [...times(5, 100), ...times(6, 900), ...times(9, 100)]);
    feed('requests', { service: 'api', status: '200' }, start, times(20, 1));
    bench.source.add({
      of: 'requests',
      labels: { service: 'api', status: '5xx' },
      unit: '1',
      samples: Array.from({ length: 120 }, (_, n): [number, number] => [start + 6 * MINUTE + n * 1_000, 1]),
    });
    feed('logs', { service: 'api' }, start, times(7, 1));
    feed('logs', { service: 'api' }, start + 7 * MINUTE, times(13, 1));
    feed('logs', { service: 'api' }, start + 12 * MINUTE, times(2, 1));
    feed('logs', { service: 'other' }, start, times(8, 1));
    await bench.run(4 * MINUTE);
    bench.source.fixed.set('backend elk', { lag_ms: 10 * MINUTE, lost: 0 });
    await bench.run(2 * MINUTE);
    bench.source.fixed.set('backend elk', { lag_ms: 0, lost: 0 });
    bench.source.fixed.set('heartbeat nightly', heard(start + 6 * MINUTE));
    bench.source.fixed.set(CERTIFICATE, {
      expires_at: new Date(start + 13 * 86_400_000).toISOString(),
      subject: 'api',
    });
    await bench.run(3 * MINUTE);
    const history = new MemoryHistory();
    await history.keep(life, asked.splice(0));
    const restarted = bench.clock.now();
    await bench.restart([policy]);
    await bench.run(11 * MINUTE);
    await history.keep(restarted, asked);

    const span = { from: start, to: bench.clock.now() };
    const laxer = policyWith({
      ...RULES,
      slow: RULES.slow.replace('for: 1m', 'for: 10m'),
      ledger: RULES.ledger.replace('5m', '15m'),
      nightly: RULES.nightly.replace('every: 5m', 'every: 30m'),
    });
    const told = await compare(history, span, policy, laxer);
    const watcher = fired();
    expect(new Set(watcher.map((one) => one.split(' ')[1]))).toEqual(new Set(Object.keys(RULES)));
    expect(told.before.pages).toBe(watcher.length);
    expect(told).toMatchObject({ left_out: [], gaps: [], damaged: 0 });
    const changed = watcher.filter((one) => /slow|ledger|nightly/.test(one)).map((one) => one.split(' ')[0]);
    // Others may page at the same moment; they do so on both sides.
    const lacking = told.divergences.map(({ at, before, after }) => [
      at,
      before.filter((one) => !after.includes(one)).length,
    ]);
    expect(lacking).toEqual(changed.map((at) => [at, 1]));

    // Nothing but the moments at which the watcher told them can be those at which nothing else tells them.
    const nothing = policyOf(['{ scenario: { tags: [none] }, failing: { consecutive: 1 } }']);
    const all = await compare(history, span, nothing, policy);
    expect(all.divergences.map(({ at }) => at)).toEqual([...new Set(watcher.map((one) => one.split(' ')[0]))]);

    const stricter = policyWith({ slow: RULES.slow.replace(', for: 1m', '') });
    const sooner = await compare(history, span, policyWith({ slow: RULES.slow }), stricter);
    const [slow] = watcher.filter((one) => one.includes('slow')).map((one) => Date.parse(one.split(' ')[0]!));
    expect(sooner.divergences.map(({ at }) => Date.parse(at) - slow!)).toEqual([-MINUTE, 0]);
  });
});

describe('what was not recorded', () => {
  const slow = { slow: RULES.slow };

  async function record(): Promise<{ history: MemoryHistory; start: number; end: number }> {
    const start = begin(policyWith(slow));
    // It fires from the fifth minute to the tenth, and from the fifteenth on.
    feed('metric', { metric: 'm' }, start, [...times(4, 100), ...times(6, 900), ...times(5, 100), ...times(5, 900)]);
    await bench.run(20 * MINUTE);
    const history = new MemoryHistory();
    await history.keep(start, asked);
    return { history, start, end: bench.clock.now() };
  }

  test('is said, and neither fires nor ends anything meanwhile', async () => {
    const { history, start, end } = await record();
    const policy = policyWith(slow);
    const whole = await compare(history, { from: start, to: end }, policy, policy);
    expect([whole.before.incidents, whole.before.pages, whole.gaps]).toEqual([2, 2, []]);
    // From the seventh minute to the sixteenth: the end of the first is not seen, so the second is the same one still.
    history.segments.splice(7, 9, null, null);
    const torn = await compare(history, { from: start, to: end }, policy, policy);
    expect(torn).toMatchObject({ before: { incidents: 1 }, damaged: 2, left_out: [] });
    expect(torn.gaps).toEqual([
      {
        rule: 'p/slow',
        missing: [
          { from: new Date(start + 7 * MINUTE + 7_500).toISOString(), to: new Date(start + 16 * MINUTE).toISOString() },
        ],
      },
    ]);
  });

  test('before the watcher, and after it, is a gap; a rule that was never asked is left out', async () => {
    const { history, start, end } = await record();
    const span = { from: start - 60 * MINUTE, to: end + 60 * MINUTE };
    const told = await compare(history, span, policyWith(slow), policyWith({ ...slow, ledger: RULES.ledger }));
    expect(told.left_out).toEqual(['p/ledger']);
    expect(told.gaps.map(({ missing }) => missing.map(({ to }) => to))).toEqual([
      [new Date(start).toISOString(), new Date(span.to).toISOString()],
    ]);
    expect(told.before.pages).toBe(2);
    expect(told.divergences).toEqual([]);
  });

  test('a changed question is compared with nothing: the old rule does not page alone', async () => {
    const { history, start, end } = await record();
    const changed = policyWith({ slow: RULES.slow.replace('window: 1m', 'window: 5m') });
    const told = await compare(history, { from: start, to: end }, policyWith(slow), changed);
    expect(told).toMatchObject({ left_out: ['p/slow'], before: { pages: 0 }, after: { pages: 0 }, divergences: [] });
  });

  test('what could not be asked then is no gap: it is replayed as the watcher met it', async () => {
    const start = begin(policyWith(slow));
    feed('metric', { metric: 'm' }, start, times(20, 900));
    await bench.run(3 * MINUTE);
    bench.source.trouble = 'the relay is away';
    await bench.run(5 * MINUTE);
    bench.source.trouble = null;
    await bench.run(5 * MINUTE);
    const history = new MemoryHistory();
    await history.keep(start, asked);
    const policy = policyWith(slow);
    const told = await compare(history, { from: start, to: bench.clock.now() }, policy, policy);
    expect(told).toMatchObject({ before: { incidents: 1, pages: 1 }, gaps: [], left_out: [] });
  });
});
