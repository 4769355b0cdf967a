import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { encodeSegment } from '../../history/segment.ts';
import { MemoryHistory } from '../../history/testing/memory-history.ts';
import { parsePolicy } from '../../policies/parse.ts';
import { isScenarioRule, type Policy } from '../../policies/policy.ts';
import { ruleKinds } from '../../rules/registry.ts';
import type { SignalAnswer, SignalQuestion } from '../../rules/signal.ts';
import { compareOnRecording } from '../replay.ts';

const START = Date.UTC(2026, 10, 20);
const TURN_MS = 15_000;
const MINUTE = 60_000;
const ROUTES = ['/v1/posts', '/v1/users', '/v1/sessions'];

/** What a replay took, as the slow test reads it from the output of a process of its own. */
export interface ReplayMeasurement {
  rules: number;
  hours: number;
  rule_answers: number;
  history_bytes: number;
  wall_ms: number;
  cpu_ms: number;
  peak_bytes: number;
  before: number;
  after: number;
}

/** Rules of which each asks something of its own: percentiles by route, error rates, log counts and ledgers in turns. */
function policyOf(rules: number, limitMs: number): Policy {
  const written = Array.from({ length: rules }, (_, n) => {
    const of = `service: api-${n}`;
    return [
      `{ id: r${n}, threshold: { of: { requests: { ${of} }, aggregate: p95, by: http.route, window: 5m }, is: { gt: ${limitMs}ms } }, for: 2m }`,
      `{ id: r${n}, ratio: { part: { requests: { ${of}, status: 5xx } }, whole: { requests: { ${of} } }, window: 5m, is: { gt: 5% }, at_least: 20 } }`,
      `{ id: r${n}, threshold: { of: { logs: { ${of}, level: error }, window: 1m }, is: { gte: 10 } } }`,
      `{ id: r${n}, backend: { name: b${n}, is: { lag: { gt: 5m } } } }`,
    ][n % 4]!;
  });
  const text = `version: 1\nid: all\npriority: P2\nrules:\n${written.map((rule) => `  - ${rule}\n`).join('')}group_by: [rule]\nescalation:\n  - { after: 0s, notify: [team] }\n`;
  const { policy, diagnostics } = parsePolicy(text, 'all.policy.yaml', {});
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

function answerTo(question: SignalQuestion, random: () => number, slow: boolean): SignalAnswer {
  if (question.of === 'backend') return { lag_ms: Math.round(random() * 1_000), lost: 0 };
  if (question.of === 'logs') {
    const value = Math.floor(random() * 4);
    return { unit: '1', groups: value === 0 ? [] : [{ labels: {}, value, samples: value }] };
  }
  if (question.of === 'requests' && question.aggregate === 'p95') {
    const groups = ROUTES.map((route) => ({
      labels: { 'http.route': route },
      value: (slow ? 700 : 100) + random() * 100,
      samples: Math.round(random() * 500),
    }));
    return { unit: 'ms', groups };
  }
  const isPart = question.of === 'requests' && question.status !== null;
  const value = Math.round(isPart ? random() * 5 : 500 + random() * 1_000);
  return { unit: '1', groups: [{ labels: {}, value, samples: value }] };
}

/** As a watcher writes it: a segment a minute, the starts of rules spread over their interval. */
async function record(policy: Policy, hours: number): Promise<MemoryHistory> {
  const random = seededRandom(20261123);
  const history = new MemoryHistory();
  const rules = policy.rules.flatMap((rule, n) =>
    !isScenarioRule(rule)
      ? [{ questions: ruleKinds.get(rule.kind)!.questions(rule.spec, 0), offset: (n * 250) % TURN_MS, n }]
      : [],
  );
  for (let minute = 0; minute < hours * 60; minute++) {
    const from = START + minute * MINUTE;
    const asked = rules.flatMap(({ questions, offset, n }) =>
      questions.flatMap((question) =>
        Array.from({ length: MINUTE / TURN_MS }, (_, turn) => {
          // Each of them is slow for ten minutes of its own.
          const slow = Math.abs(minute - ((n * 13) % (hours * 60))) < 5;
          const at = from + offset + turn * TURN_MS;
          return { question, at, every_ms: TURN_MS, answer: answerTo(question, random, slow) };
        }),
      ),
    );
    history.segments.push({ from, to: from + MINUTE, body: await encodeSegment(START, asked) });
  }
  return history;
}

async function measure(rules: number, hours: number): Promise<ReplayMeasurement> {
  const [before, after] = [policyOf(rules, 750), policyOf(rules, 2_000)];
  const history = await record(before, hours);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const comparison = await compareOnRecording(
    { channels: [{ name: 'team', events: [] as never }] },
    { before: [before], after: [after] },
    { start: START, end: START + hours * 60 * MINUTE, given: [], answers: history },
  );
  const { user, system } = process.cpuUsage(cpu);
  return {
    rules,
    hours,
    rule_answers: comparison.rule_answers,
    history_bytes: history.segments.reduce((sum, segment) => sum + segment!.body.length, 0),
    wall_ms: Math.round(performance.now() - began),
    cpu_ms: Math.round((user + system) / 1_000),
    peak_bytes: process.resourceUsage().maxRSS * 1_024,
    before: comparison.before.pages,
    after: comparison.after.pages,
  };
}

process.stdout.write(JSON.stringify(await measure(Number(process.argv[2] ?? 100), Number(process.argv[3] ?? 24))));
