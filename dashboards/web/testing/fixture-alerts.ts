/** What people do to incidents, silences, maintenance windows and on-call; only for tests of the UI. */
import type {
  Incident,
  IncidentDetail,
  IncidentEvent,
  IncidentExplanation,
  ListedSilence,
  Matcher,
  Monitor,
  OnCallOverride,
  OnCallPerson,
  OnCallSchedule,
  OnCallShift,
  OnCallUser,
  PlannedMaintenance,
  SilencePreview,
} from '../../../control/resources.ts';
import { iso, MINUTE } from './fixture-monitors.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const KIM: OnCallPerson = { key: 'kim', name: 'Kim Minji' };
const MINSU: OnCallPerson = { key: 'minsu', name: 'Minsu' };
const ADA: OnCallPerson = { key: 'ada', name: 'Ada Okonkwo-Hernández' };

type Body = Record<string, unknown>;

export class AlertFixture {
  readonly #now: number;
  readonly #empty: boolean;
  readonly #incidents: Map<string, IncidentDetail>;
  readonly #monitors: ReadonlyMap<string, Monitor>;
  readonly #silences: Map<string, ListedSilence>;
  readonly #windows: Map<string, PlannedMaintenance>;
  #overrides: OnCallOverride[];

  constructor(
    now: number,
    empty: boolean,
    incidents: Map<string, IncidentDetail>,
    monitors: ReadonlyMap<string, Monitor>,
  ) {
    this.#now = now;
    this.#empty = empty;
    this.#incidents = incidents;
    this.#monitors = monitors;
    this.#silences = new Map(empty ? [] : silencesOf(now).map((silence) => [silence.id, silence]));
    this.#windows = new Map(empty ? [] : windowsOf(now).map((window) => [window.id, window]));
    this.#overrides = [
      {
        id: 'config-primary-1',
        users: [MINSU],
        from: iso(now + 8 * DAY),
        to: iso(now + 10 * DAY),
        source: 'config',
        created_by: 'ringdown.yaml',
      },
      { id: 'ov-1', users: [ADA], from: iso(now + 2 * DAY), to: iso(now + 3 * DAY), source: 'api', created_by: 'Kim' },
    ];
  }

  /** @returns the incidents that are other ones now, and the answer; undefined when there is no such incident */
  changeIncident(id: string, action: string, body: Body): { incidents: Incident[]; answer: unknown } | undefined {
    const before = this.#incidents.get(id);
    if (!before) return undefined;
    const by = String(body.by ?? 'operator');
    const at = iso(Date.now());
    const change = (more: Partial<IncidentDetail>, kind: IncidentEvent['kind'], message: string): IncidentDetail => {
      const event = { id: `${id}-${before.timeline.length}`, incident_id: id, at, kind, message, actor: by };
      const after = { ...before, ...more, timeline: [...before.timeline, event] };
      this.#incidents.set(id, after);
      return after;
    };
    const one = (incident: IncidentDetail) => ({ incidents: [incident], answer: incident });
    if (action === 'acknowledge')
      return one(
        change(
          { state: 'acknowledged', acknowledged_at: at, acknowledged_by: by },
          'acknowledged',
          `By ${by}, in the browser`,
        ),
      );
    if (action === 'escalate') return one(change({}, 'escalated', `${by} wants more people to know`));
    if (action === 'note') return one(change({}, 'note', String(body.text)));
    if (action === 'assign') {
      const to = body.to as string | null;
      return one(change({ assignee: to }, 'assigned', to === null ? 'no longer assigned' : `assigned to ${to}`));
    }
    if (action === 'silence') {
      const ends_at = (body.ends_at as string | undefined) ?? iso(Date.now() + 30 * MINUTE);
      const held = { stage: 'silence' as const, reason: `silenced by ${by} until 14:00 UTC`, until: ends_at };
      return { incidents: [change({ held }, 'held', held.reason)], answer: { id: 'sil-new' } };
    }
    if (action === 'merge') {
      const into = this.#incidents.get(String(body.into))!;
      const resolved = change(
        { state: 'resolved', resolved_at: at, resolved_by: by, merged_into: into.id },
        'merged',
        `merged into: ${into.title}`,
      );
      return { incidents: [resolved, into], answer: into };
    }
    return one(change({ state: 'resolved', resolved_at: at, resolved_by: by }, 'resolved', `By ${by}, in the browser`));
  }

  explain(id: string): IncidentExplanation | undefined {
    const incident = this.#incidents.get(id);
    if (!incident) return undefined;
    const at = incident.triggered_at;
    return {
      incident,
      words: [
        { stage: 'evaluate', at, verdict: 'passed', why: 'it failed 1 time in a row, after its own retries' },
        { stage: 'group', at, verdict: 'passed', why: 'the first open incident of its cause: 5xx POST /v1/posts' },
        { stage: 'silence', at, verdict: 'passed', why: 'no silence matches its labels' },
        { stage: 'escalate', at, verdict: 'told', why: 'step 1 of policy "critical": push, hook, mail' },
      ],
    };
  }

  /** @returns undefined where there is nothing at that path */
  answer(method: string, path: string, search: URLSearchParams, body: Body): unknown {
    const [, , , resource, id, action, more] = path.split('/');
    const list = (items: unknown[]) => ({ items, next_cursor: null });
    if (resource === 'silences') {
      if (id === 'preview') return this.#preview(body.matchers as Matcher[]);
      if (method === 'POST') return this.#silence(body);
      if (method === 'DELETE') return this.#end(id!);
      return list([...this.#silences.values()]);
    }
    if (resource === 'maintenance-windows') {
      if (method === 'POST') return this.#plan(body);
      if (method === 'DELETE') return this.#windows.delete(id!) ? null : undefined;
      return list([...this.#windows.values()]);
    }
    if (resource !== 'on-call') return undefined;
    if (this.#empty) return list([]);
    if (id === undefined) return list(this.#schedules());
    if (id === 'users') return list(users());
    if (action === 'shifts') return list(this.#shifts(id, search.get('from')!, search.get('to')!));
    if (method === 'POST') return this.#override(body);
    const taken = this.#overrides.find((override) => override.id === more);
    this.#overrides = this.#overrides.filter((override) => override !== taken);
    return taken;
  }

  #preview(matchers: Matcher[]): SilencePreview {
    const holds = (labels: Record<string, string>) =>
      matchers.every(({ label, is, value }) => (labels[label] === value) === (is === '='));
    const incidents = [...this.#incidents.values()].filter(
      (incident) => incident.state !== 'resolved' && holds(incident.labels),
    );
    const monitors = [...this.#monitors.values()].filter(({ key, service, environment }) =>
      holds({ monitor: key, service, environment }),
    );
    return {
      incidents,
      incident_count: incidents.length,
      monitors: monitors.map(({ key, name }) => ({ key, name })),
      monitor_count: monitors.length,
      unknown_labels: [],
    };
  }

  #silence(body: Body): ListedSilence {
    const silence: ListedSilence = {
      id: `sil-${this.#silences.size + 1}`,
      matchers: body.matchers as Matcher[],
      starts_at: iso(Date.now()),
      ends_at: (body.ends_at as string | undefined) ?? iso(Date.now() + 2 * HOUR),
      reason: String(body.reason ?? ''),
      created_by: String(body.by ?? 'operator'),
      created_at: iso(Date.now()),
      ended_by: null,
      state: 'standing',
    };
    this.#silences.set(silence.id, silence);
    return silence;
  }

  #end(id: string): ListedSilence | undefined {
    const silence = this.#silences.get(id);
    if (!silence) return undefined;
    const ended: ListedSilence = { ...silence, state: 'ended', ends_at: iso(Date.now()), ended_by: 'kim' };
    this.#silences.set(id, ended);
    return ended;
  }

  #plan(body: Body): PlannedMaintenance {
    const { starts_at, ends_at } = body.schedule as { starts_at: string; ends_at: string };
    const window: PlannedMaintenance = {
      id: `mw-${this.#windows.size}`,
      name: String(body.name),
      matchers: body.matchers as Matcher[],
      schedule: { starts_at, ends_at },
      source: 'api',
      created_by: String(body.by ?? 'operator'),
      occurrences: [{ starts_at, ends_at }],
      standing: false,
    };
    this.#windows.set(window.id, window);
    return window;
  }

  #schedules(): OnCallSchedule[] {
    const now = Math.floor(this.#now / DAY) * DAY;
    const at = (ahead: number) => iso(now + ahead);
    const feed = (key: string) => `http://127.0.0.1:4000/api/v1/on-call/${key}.ics?token=abc`;
    return [
      {
        key: 'primary',
        name: 'Primary',
        timezone: 'Asia/Seoul',
        now: { users: [KIM], until: at(2 * DAY) },
        next: { from: at(2 * DAY), to: at(3 * DAY), users: [ADA], rotation: null, override: 'ov-1' },
        overrides: this.#overrides,
        ics_url: feed('primary'),
      },
      {
        key: 'nights',
        name: 'Nights',
        timezone: 'Europe/Berlin',
        now: { users: [], until: at(20 * HOUR) },
        next: { from: at(20 * HOUR), to: at(30 * HOUR), users: [MINSU], rotation: 'nights', override: null },
        overrides: [],
        ics_url: feed('nights'),
      },
    ];
  }

  #shifts(key: string, from: string, to: string): OnCallShift[] {
    const [begin, end] = [Date.parse(from), Date.parse(to)];
    const shifts: OnCallShift[] = [];
    const add = (from: number, to: number, users: OnCallPerson[], more: Partial<OnCallShift> = {}) => {
      if (to > begin && from < end)
        shifts.push({ from: iso(from), to: iso(to), users, rotation: null, override: null, ...more });
    };
    if (key === 'primary') {
      const boundaries = [begin, ...Array.from({ length: 4 }, (_, week) => begin + 9 * HOUR + week * WEEK), end];
      boundaries.slice(0, -1).forEach((start, turn) => {
        const users = [[MINSU], [KIM], [MINSU], [ADA, KIM], [KIM]][turn]!;
        let at = start;
        for (const override of this.#overrides.toSorted((a, b) => a.from.localeCompare(b.from))) {
          const [first, last] = [Date.parse(override.from), Date.parse(override.to)];
          if (first < at || last > boundaries[turn + 1]!) continue;
          add(at, first, users, { rotation: 'weekly' });
          add(first, last, override.users, { override: override.id });
          at = last;
        }
        add(at, boundaries[turn + 1]!, users, { rotation: 'weekly' });
      });
      return shifts;
    }
    for (let day = begin; day < end; day += DAY) {
      add(day, day + 6 * HOUR, [MINSU], { rotation: 'nights' });
      add(day + 6 * HOUR, day + 20 * HOUR, []);
      add(day + 20 * HOUR, day + DAY, [MINSU], { rotation: 'nights' });
    }
    return shifts;
  }

  #override(body: Body): OnCallOverride {
    const key = (body.users as string[])[0];
    const override: OnCallOverride = {
      id: `ov-${this.#overrides.length + 1}`,
      users: users().filter((user) => user.key === key),
      from: iso(Date.parse(String(body.from))),
      to: iso(Date.parse(String(body.to))),
      source: 'api',
      created_by: String(body.created_by ?? 'api'),
    };
    this.#overrides = [...this.#overrides, override];
    return override;
  }
}

function users(): OnCallUser[] {
  const ics_url = 'http://127.0.0.1:4000/api/v1/on-call/users/kim.ics?token=def';
  return [
    { ...KIM, timezone: 'Asia/Seoul', on_call: ['primary'], ics_url },
    { ...MINSU, timezone: null, on_call: [], ics_url },
    { ...ADA, timezone: 'Africa/Lagos', on_call: [], ics_url },
  ];
}

function silencesOf(now: number): ListedSilence[] {
  const silence = (
    id: string,
    state: ListedSilence['state'],
    from: number,
    to: number,
    more: Partial<ListedSilence>,
  ): ListedSilence => ({
    id,
    matchers: [{ label: 'service', is: '=', value: 'reference-api' }],
    starts_at: iso(now + from),
    ends_at: iso(now + to),
    reason: 'deploying',
    created_by: 'Kim',
    created_at: iso(now - DAY),
    ended_by: null,
    state,
    ...more,
  });
  return [
    silence('sil-1', 'standing', -18 * MINUTE, 42 * MINUTE, {
      matchers: [
        { label: 'service', is: '=', value: 'reference-api' },
        { label: 'rule', is: '=~', value: 'slow-.*' },
      ],
    }),
    silence('sil-2', 'coming', 2 * HOUR, 3 * HOUR, { reason: '', created_by: 'minsu, by call-minsu' }),
    silence('sil-3', 'ended', -5 * HOUR, -3 * HOUR, { ended_by: 'Kim', reason: 'load test' }),
  ];
}

function windowsOf(now: number): PlannedMaintenance[] {
  const occurrences = (first: number, every: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      starts_at: iso(now + first + index * every),
      ends_at: iso(now + first + index * every + 2 * HOUR),
    }));
  return [
    {
      id: 'database-upgrade',
      name: 'Database upgrade',
      matchers: [{ label: 'service', is: '=', value: 'billing' }],
      schedule: { cron: '0 2 * * sun', timezone: 'Asia/Seoul', duration_ms: 2 * HOUR },
      source: 'config',
      created_by: 'ringdown.yaml',
      occurrences: occurrences(-HOUR, WEEK, 5),
      standing: true,
    },
    {
      id: 'mw-0',
      name: 'Move to the new rack',
      matchers: [{ label: 'environment', is: '=', value: 'staging' }],
      schedule: { starts_at: iso(now + DAY), ends_at: iso(now + DAY + 2 * HOUR) },
      source: 'api',
      created_by: 'Kim',
      occurrences: occurrences(DAY, 0, 1),
      standing: false,
    },
  ];
}
