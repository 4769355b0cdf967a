import type { Observation, ObservedFailure } from '../engine/observation.ts';

type Outcome = Pick<Observation, 'status' | 'failure'> & Partial<Observation>;

export const passed: Outcome = { status: 'passed', failure: null };
export const skipped: Outcome = { status: 'skipped', failure: null };
export const degraded: Outcome = { status: 'passed', degraded: true, failure: null };
export const unreachable: Outcome = {
  status: 'error',
  failure: failureOf({
    step: 'sign in',
    message: 'connect ECONNREFUSED 127.0.0.1:8080',
    expected: null,
    actual: null,
    kind: 'network',
    route: 'POST /v1/sessions',
    status_code: null,
  }),
};
export const watcherFault: Outcome = { status: 'error', failure: null, watcher_fault: 'out of file descriptors' };

/** A step that got a status it did not expect. */
export function answered(status_code: number, route = 'POST /v1/posts', step = 'write'): Outcome {
  const message = `status ${status_code}, expected 201`;
  return { status: 'failed', failure: failureOf({ step, message, actual: String(status_code), route, status_code }) };
}

/** A step that got no answer. */
export function timedOut(route = 'POST /v1/posts', step = 'write'): Outcome {
  const message = 'no answer within 10 s';
  const failure = { step, message, expected: null, actual: null, kind: 'timeout', route, status_code: null } as const;
  return { status: 'error', failure: failureOf(failure) };
}

/** `POST /v1/posts` answers 500. */
export const failed = answered(500);

/** A body that is not what it should be: nobody else's business. */
export function wrongBody(step = 'read it back'): Outcome {
  const message = '$.title is "b", expected "a"';
  return { status: 'failed', failure: failureOf({ step, message, expected: '"a"', actual: '"b"', status_code: 200 }) };
}

function failureOf(patch: Partial<ObservedFailure>): ObservedFailure {
  return {
    step: 'write',
    message: 'status 500, expected 201',
    expected: '201',
    actual: '500',
    kind: 'assertion',
    route: 'POST /v1/posts',
    status_code: 500,
    ...patch,
  };
}

let runs = 0;

/** What the app would make of a run of that monitor that ended at `now`. */
export function observe(monitor: string, outcome: Outcome, now: number): Observation {
  const at = new Date(now).toISOString();
  const [id = monitor, environment = 'local'] = monitor.split('@');
  const run_id = `run-${++runs}`;
  return {
    source: 'run',
    monitor,
    monitor_name: id.replaceAll('-', ' '),
    service: 'reference-api',
    environment,
    run_id,
    run_url: `http://127.0.0.1:4000/runs/${run_id}`,
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    started_at: at,
    at,
    scheduled_at: at,
    degraded: false,
    watcher_fault: null,
    tags: [],
    policy: null,
    quarantined: false,
    depends_on: [],
    runbook: null,
    attempts: 2,
    evidence: {},
    deployment: null,
    ...outcome,
  };
}

/** What the rules' evaluator makes of one that fires: under the policy, for one set of labels. */
export function fires(policy: string, rule: string, labels: Readonly<Record<string, string>>): Outcome {
  return {
    ...ofRule(policy, rule, labels),
    status: 'failed',
    failure: failureOf({
      step: '',
      message: `${rule} is too high`,
      expected: null,
      actual: null,
      ...noRequest('rule'),
    }),
  };
}

export function calmsDown(policy: string, rule: string, labels: Readonly<Record<string, string>>): Outcome {
  return { ...ofRule(policy, rule, labels), status: 'passed', failure: null };
}

/** An alert of another system, of a source named `alertmanager`. */
export function alerts(state: 'firing' | 'resolved', labels: Readonly<Record<string, string>> = {}): Outcome {
  const message = 'the disk is full';
  return {
    source: 'inbound',
    labels,
    run_url: null,
    trace_id: null,
    attempts: 1,
    status: state === 'firing' ? 'failed' : 'passed',
    failure:
      state === 'firing'
        ? failureOf({ step: '', message, expected: null, actual: null, ...noRequest('inbound') })
        : null,
  };
}

function ofRule(policy: string, rule: string, labels: Readonly<Record<string, string>>): Partial<Observation> {
  return { source: 'rule', policy, rule, labels, run_url: null, trace_id: null, attempts: 1 };
}

function noRequest(kind: 'rule' | 'inbound') {
  return { kind, route: null, status_code: null };
}
