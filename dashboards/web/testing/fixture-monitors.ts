/** Monitors and their runs as a watcher would have them after a few hours; only for tests of the UI. */
import type { Monitor, RunSummary } from '../../../control/resources.ts';
import { seededRandom } from '../../../core/testing/seeded-random.ts';

export const MINUTE = 60_000;

export const iso = (at: number) => new Date(at).toISOString();

export const hex = (random: () => number, digits: number) =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

interface Sketch {
  id: string;
  name: string;
  service: string;
  state: Monitor['state'];
  /** One letter a run, oldest first: p passed, d passed at its second attempt, w passed with a warning, f failed, e error, s skipped. */
  history: string;
  base_ms: number;
  tags: string[];
  failure?: { step: string; message: string };
  more?: Partial<Monitor>;
}

const passes = (count: number) => 'p'.repeat(count);

const SKETCHES: Sketch[] = [
  {
    id: 'post-journey',
    name: 'Write a post and read it back',
    service: 'reference-api',
    state: 'failing',
    history: `${passes(52)}d${passes(30)}e${passes(9)}ffff`,
    base_ms: 84,
    tags: ['critical', 'journey'],
    failure: { step: 'write', message: 'status 500, expected 201' },
    more: { runbook: 'https://wiki.example.com/posts', policy: 'critical', incident_id: 'inc-1' },
  },
  {
    id: 'session-refresh',
    name: 'Refresh and revoke a session',
    service: 'reference-api',
    state: 'degraded',
    history: `${passes(60)}dd`,
    base_ms: 61,
    tags: ['critical'],
  },
  {
    id: 'health',
    name: 'Health',
    service: 'reference-api',
    state: 'passing',
    history: passes(100),
    base_ms: 2.4,
    tags: [],
  },
  {
    id: 'sign-up',
    name: 'Sign up and close the account again',
    service: 'reference-api',
    state: 'passing',
    history: `${passes(40)}f${passes(20)}ww${passes(37)}`,
    base_ms: 190,
    tags: ['journey'],
    failure: { step: 'sign up', message: 'duration 3.2 s, expected less than 2 s' },
  },
  {
    id: 'search',
    name: 'Search finds a fresh post',
    service: 'search',
    state: 'no_data',
    history: '',
    base_ms: 0,
    tags: ['journey'],
    more: { quarantine: { until: '2026-12-01', reason: 'flaky upstream' } },
  },
  {
    id: 'billing-export',
    name: 'Export the invoices of a month, for a customer with a rather long name in the title of its scenario',
    service: 'search',
    state: 'paused',
    history: `${passes(12)}s`,
    base_ms: 1450,
    tags: ['billing'],
  },
];

const STATUS = { p: 'passed', d: 'passed', w: 'passed', f: 'failed', e: 'error', s: 'skipped' } as const;

export function fixtureMonitors(now: number): Monitor[] {
  return SKETCHES.map((sketch, index) => monitorOf(sketch, now, index));
}

function monitorOf(sketch: Sketch, now: number, index: number): Monitor {
  const random = seededRandom(index + 1);
  const key = `${sketch.id}@local`;
  const recent_runs = [...sketch.history].reverse().map((letter, age): RunSummary => {
    const failed = letter === 'f' || letter === 'e';
    const slow = random() < 0.05 ? 2.2 : 1;
    return {
      id: `run-${sketch.id}-${sketch.history.length - age}`,
      monitor: key,
      status: STATUS[letter as keyof typeof STATUS],
      degraded: letter === 'd' || letter === 'w',
      started_at: iso(now - 12_000 - index * 1_300 - age * 30_000),
      duration_ms: letter === 'e' ? 2_010 : sketch.base_ms * (0.85 + random() * 0.4) * slow * (failed ? 1.4 : 1),
      trace_id: hex(random, 32),
      attempts: letter === 'p' || letter === 'w' ? 1 : 2,
      watcher_fault: null,
      failure: !failed
        ? null
        : letter === 'e'
          ? { step: 'sign in', message: 'connection refused (127.0.0.1:8080)' }
          : (sketch.failure ?? { step: 'read it back', message: 'status 502, expected 200' }),
    };
  });
  const passed = recent_runs.filter((run) => run.status === 'passed').length;
  const ended = recent_runs.filter((run) => run.status !== 'skipped').length;
  const flaky = [...sketch.history].filter((letter) => letter === 'd').length;
  return {
    key,
    id: sketch.id,
    name: sketch.name,
    service: sketch.service,
    environment: 'local',
    owner: 'team-posts',
    runbook: null,
    tags: sketch.tags,
    state: sketch.state,
    state_since: sketch.history === '' ? null : iso(now - (sketch.state === 'failing' ? 106_000 : 47 * MINUTE)),
    schedule: 'every 30 s',
    next_run_at: sketch.state === 'paused' ? null : iso(now + 18_000 + index * 1_300),
    running: false,
    quarantine: null,
    policy: null,
    last_run: recent_runs[0] ?? null,
    recent_runs,
    locations: null,
    incident_id: null,
    depends_on: sketch.id === 'search' ? ['billing-export@local'] : [],
    suppressed_by: null,
    uptime_24h: recent_runs.length > 0 ? passed / recent_runs.length : null,
    flakiness: {
      last_100_runs: { flaky, runs: ended },
      last_7d: ended > 0 ? { flaky: flaky * 12, runs: 20_160 } : null,
    },
    file: `scenarios/suites/${sketch.id}.scenario.yaml`,
    ...sketch.more,
  };
}
