/** Rules in every state, a broken policy file, and workers; only for tests of the UI. */
import type {
  ComingStep,
  Evaluation,
  FilesState,
  ListedRule,
  RuleDetail,
  RuleInstance,
  RuleList,
  RuleState,
  WorkerList,
} from '../../../control/resources.ts';
import { iso, MINUTE } from './fixture-monitors.ts';

const HOUR = 60 * MINUTE;
const RANKS: RuleState[] = ['firing', 'pending', 'unasked', 'no_data', 'inactive'];

/** The team at once, and the phone of whoever is on call five minutes later. */
export function fixtureComing(begins: number): ComingStep[] {
  const step = { again: false, nobody: [], everyone: false, repeat_every_ms: null };
  const nobodys = { user: null, on_call: null };
  const team = { channel: '#ops', channel_type: 'slack', at: iso(begins), ...nobodys };
  const phone = {
    channel: 'call-kim',
    channel_type: 'twilio-voice',
    user: { key: 'kim', name: 'Kim Minji' },
    on_call: { schedule: 'primary', name: 'Primary', until: iso(begins + 40 * HOUR) },
    at: iso(begins + 5 * MINUTE),
  };
  const everyone = { ...team, channel: 'mail', channel_type: 'email', at: iso(begins + 15 * MINUTE) };
  return [
    { ...step, step: 1, at: team.at, calls: [team] },
    { ...step, step: 2, at: phone.at, calls: [phone], repeat_every_ms: 2 * MINUTE },
    { ...step, step: 3, at: everyone.at, calls: [everyone], nobody: ['on-call:nights'], everyone: true },
  ];
}

export class RuleFixture {
  readonly #now: number;
  readonly #rules: ListedRule[];
  files: FilesState = { problems: [], read_at: null };

  constructor(now: number, empty: boolean) {
    this.#now = now;
    this.#rules = empty ? [] : rulesOf(now);
  }

  /** Adds so many rules that are well. */
  grow(count: number): void {
    for (let index = 0; index < count; index++)
      this.#rules.push({
        ...this.#rules.at(-1)!,
        rule: `more-${index}`,
        name: `Rule ${String(index).padStart(4, '0')}`,
      });
  }

  change(rule: string, more: Partial<ListedRule>): void {
    const at = this.#rules.findIndex((one) => one.rule === rule);
    this.#rules[at] = { ...this.#rules[at]!, ...more };
  }

  /** Somebody saved a policy with a mistake. */
  breakFile(): void {
    const place = { file: 'alerts/policies/posts.policy.yaml', line: 14, column: 11, end_column: 20 };
    const excerpt = ['    threshold:', '      of: { requests: {} }', '      thresold: 500ms', '    for: 2m'];
    this.files = {
      read_at: iso(this.#now - 20_000),
      problems: [
        {
          ...place,
          message: 'unknown key "thresold" in threshold',
          hint: 'did you mean "is"?',
          excerpt: excerpt.map((text, index) => ({ line: 12 + index, text })),
        },
      ],
    };
  }

  list(search: URLSearchParams): RuleList {
    const [state, service, team] = ['state', 'service', 'team'].map((name) => search.get(name));
    const text = (search.get('text') ?? '').toLowerCase();
    const fits = this.#rules.filter(
      (rule) =>
        (!state || (state === 'held' ? rule.held !== null : rule.state === state)) &&
        (!service || rule.service === service) &&
        (!team || rule.team === team) &&
        `${rule.name} ${rule.policy} ${rule.service}`.toLowerCase().includes(text),
    );
    const sorted = fits.toSorted((a, b) => RANKS.indexOf(a.state) - RANKS.indexOf(b.state));
    const from = Number(search.get('cursor') ?? 0);
    const to = from + Number(search.get('limit') ?? 50);
    const of = (state: RuleState) => this.#rules.filter((rule) => rule.state === state).length;
    const known = (value: (rule: ListedRule) => string | null) =>
      [...new Set(this.#rules.flatMap((rule) => value(rule) ?? []))].sort();
    return {
      items: sorted.slice(from, to),
      next_cursor: to < sorted.length ? String(to) : null,
      counts: {
        firing: of('firing'),
        pending: of('pending'),
        unasked: of('unasked'),
        no_data: of('no_data'),
        inactive: of('inactive'),
        held: this.#rules.filter(({ held }) => held).length,
      },
      services: known((rule) => rule.service),
      teams: known((rule) => rule.team),
      policies: known((rule) => rule.policy).length,
      files: this.files,
    };
  }

  find(policy: string, id: string, monitor: string | null): RuleDetail | undefined {
    const rule = this.#rules.find((one) => one.policy === policy && one.rule === id);
    if (!rule) return undefined;
    const about = rule.instances.find((one) => one.monitor === monitor) ?? rule.instances[0];
    const incident_id = about?.incident_id ?? null;
    return {
      ...rule,
      written: `- id: ${id}\n  threshold:\n    of: { metric: http.server.request.duration, aggregate: p95 }\n    is: { gt: 500ms }`,
      forecast_of: about?.monitor ?? null,
      forecast: about
        ? {
            outcome: incident_id ? 'joins' : 'opens',
            incident_id,
            policy,
            priority: rule.priority,
            held: incident_id ? rule.held : null,
            steps: fixtureComing(Date.now()),
            loop: { times: 2, every_ms: 30 * MINUTE },
          }
        : null,
    };
  }
}

function rulesOf(now: number): ListedRule[] {
  const evaluations = (states: Evaluation['state'][]): Evaluation[] =>
    Array.from({ length: 36 }, (_, index) => ({
      at: iso(now - index * 15_000),
      state: states[index] ?? 'inactive',
      value: '120 ms',
    }));
  const instance = (rule: string, name: string, more: Partial<RuleInstance> = {}): RuleInstance => ({
    monitor: `rule:critical/${rule}{http.route="${name}"}`,
    name,
    labels: { 'http.route': name },
    state: 'inactive',
    since: iso(now - 47 * MINUTE),
    value: '120 ms',
    threshold: '500 ms',
    text: `p95 of ${name} is ${more.value ?? '120 ms'}`,
    incident_id: null,
    ...more,
  });
  const rule = (id: string, name: string, more: Partial<ListedRule> = {}): ListedRule => ({
    policy: 'critical',
    policy_name: 'Critical',
    rule: id,
    name,
    kind: 'threshold',
    priority: 'P2',
    service: 'reference-api',
    environment: 'local',
    team: 'posts',
    labels: { team: 'posts' },
    runbook: null,
    file: 'alerts/policies/critical.policy.yaml',
    line: 8,
    state: 'inactive',
    since: iso(now - 47 * MINUTE),
    counts: { firing: 0, pending: 0, no_data: 0, inactive: 1 },
    held: null,
    every_ms: 15_000,
    for_ms: 2 * MINUTE,
    keep_firing_for_ms: MINUTE,
    no_data: 'keep',
    last_evaluated_at: iso(now - 4_000),
    next_evaluation_at: iso(now + 11_000),
    duration_ms: 4,
    trouble: null,
    left_out: 0,
    evaluations: evaluations([]),
    instances: [instance(id, name)],
    ...more,
  });
  const firing = { state: 'firing', since: iso(now - 11 * MINUTE), value: '812 ms', incident_id: 'inc-rule' } as const;
  const routes = ['/v1/sessions', '/v1/users', '/v1/comments', '/healthz'].map((name) => instance('slow-posts', name));
  return [
    rule('slow-posts', 'Posts are slow', {
      state: 'firing',
      since: firing.since,
      counts: { firing: 1, pending: 1, no_data: 0, inactive: 4 },
      held: { stage: 'silence', reason: 'silenced by Kim until 14:00 UTC: deploying', until: iso(now + 42 * MINUTE) },
      runbook: 'https://wiki.example.com/slow',
      evaluations: evaluations([...Array<'firing'>(9).fill('firing'), 'pending', 'pending']),
      instances: [
        instance('slow-posts', '/v1/posts', firing),
        instance('slow-posts', '/v1/search', { state: 'pending', since: iso(now - 60_000), value: '640 ms' }),
        ...routes,
      ],
    }),
    rule(
      'errors',
      'Errors of the billing service with a name that is as long as names of rules become over the years',
      {
        kind: 'ratio',
        priority: 'P1',
        state: 'pending',
        since: iso(now - 60_000),
        service: 'billing',
        team: 'money',
        counts: { firing: 0, pending: 1, no_data: 0, inactive: 0 },
        evaluations: evaluations(['pending', 'pending', 'pending']),
        instances: [instance('errors', 'billing', { state: 'pending', value: '6.2 %', threshold: '5 %' })],
      },
    ),
    rule('queue', 'The queue grows', {
      kind: 'rate_of_change',
      state: 'unasked',
      since: iso(now - 3 * MINUTE),
      trouble: { since: iso(now - 3 * MINUTE), message: 'the relay does not answer' },
      evaluations: evaluations(Array<'unasked'>(12).fill('unasked')),
    }),
    rule('nightly', 'Nightly backup', {
      kind: 'heartbeat',
      state: 'no_data',
      team: null,
      since: null,
      counts: { firing: 0, pending: 0, no_data: 0, inactive: 0 },
      last_evaluated_at: null,
      evaluations: [],
      instances: [],
    }),
    rule('scenarios-1', 'Scenarios tagged critical fail 2 times in a row', {
      kind: 'scenario',
      every_ms: null,
      for_ms: 0,
      keep_firing_for_ms: 0,
      no_data: null,
      duration_ms: null,
      evaluations: [],
      instances: [
        instance('scenarios-1', 'Health', {
          monitor: 'health@local',
          value: 'passes',
          threshold: '2 failed in a row',
          text: null,
        }),
      ],
    }),
    rule('certificate', 'Certificate of api.example.com', { kind: 'certificate', every_ms: HOUR, team: null }),
  ];
}

export function fixtureWorkers(now: number, empty: boolean): WorkerList {
  const location = { capacity: 0, running: 0, waiting: 0, lag_ms: 0, outcomes: {} };
  const worker = (last: string, more: Partial<WorkerList['items'][number]>): WorkerList['items'][number] => ({
    id: `0190a5d0-0000-4000-8000-${last}`,
    location: 'seoul',
    version: '0.1.0',
    concurrency: 50,
    connected: true,
    running: 0,
    runs: [],
    first_seen_at: iso(now - 3 * HOUR),
    last_seen_at: iso(now - 2_000),
    ...more,
  });
  if (empty) return { items: [], next_cursor: null, locations: [], here: 'local', version: '0.1.0' };
  return {
    items: [
      worker('00000000a001', {
        running: 2,
        runs: [
          { monitor: 'post-journey@local', since: iso(now - 3_000) },
          { monitor: 'health@local', since: iso(now - 1_000) },
        ],
      }),
      worker('00000000a002', { connected: false, version: '0.0.9', last_seen_at: iso(now - 12 * MINUTE) }),
    ],
    next_cursor: null,
    locations: [
      {
        ...location,
        name: 'seoul',
        monitors: ['post-journey@local', 'health@local'],
        connected: 1,
        capacity: 50,
        running: 2,
        outcomes: { counted: 1_204, late: 2, not_done: 1 },
      },
      { ...location, name: 'tokyo', monitors: ['health@local'], connected: 0, waiting: 1, lag_ms: 7_200 },
    ],
    here: 'local',
    version: '0.1.0',
  };
}
