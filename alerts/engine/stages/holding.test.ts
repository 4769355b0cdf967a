import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy, type QuietHours } from '../../policies/policy.ts';
import type { MaintenanceWindow, Matcher, Silence } from '../../silences/silence.ts';
import { failed, observe, passed } from '../../testing/observations.ts';
import { decide } from '../decide.ts';
import { Draft, type Surroundings } from '../draft.ts';
import { apply, emptyChange, emptyState, type MutableAlertState, type TrackedIncident } from '../state.ts';
import { dependency } from './dependency.ts';
import { CHAIN, HOLDING } from './index.ts';
import { inhibit } from './inhibit.ts';
import { maintenance } from './maintenance.ts';
import { quietHours, quietUntil } from './quiet-hours.ts';
import { silence } from './silence.ts';
import type { HoldingStage } from './stage.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const policy: Policy = { ...builtInPolicy, id: 'critical', labels: { team: 'posts' } };
const around: Surroundings = {
  now: NOON,
  policies: [policy],
  channels: [{ name: 'pager', events: [] }],
  publicUrl: '',
};

/** A state in which this monitor has just failed, and its open incident. */
function failing(state: MutableAlertState = emptyState(), monitor = 'post-journey@local', patch = {}, now = NOON) {
  apply(state, decide(state, observe(monitor, { ...failed, ...patch }, now), { ...around, now }));
  const id = state.monitors.get(monitor)!.incident_id!;
  return { state, row: state.incidents.get(id)! };
}

function ask(stage: HoldingStage, row: TrackedIncident, state: MutableAlertState, patch: Partial<Surroundings> = {}) {
  const surroundings = { ...around, ...patch };
  return stage.hold(row, new Draft(state, surroundings), surroundings);
}

test('the chain is a list, and the stages that hold stand in it in their order', () => {
  expect(CHAIN).toEqual([
    'evaluate',
    'group',
    'inhibit',
    'dependency',
    'silence',
    'maintenance',
    'quiet_hours',
    'escalate',
    'deliver',
  ]);
  expect(CHAIN.filter((stage) => HOLDING.some(({ name }) => name === stage))).toEqual(HOLDING.map(({ name }) => name));
});

describe('silence', () => {
  const hour = (from: number, until: number, matchers: Matcher[], patch: Partial<Silence> = {}): Silence => ({
    id: `sil-${from}-${until}`,
    matchers,
    starts_at: new Date(NOON + from * 3_600_000).toISOString(),
    ends_at: new Date(NOON + until * 3_600_000).toISOString(),
    reason: '',
    created_by: 'kim',
    created_at: new Date(NOON).toISOString(),
    ended_by: null,
    ...patch,
  });
  const team: Matcher[] = [{ label: 'team', is: '=', value: 'posts' }];

  test.each<[string, Silence[], string | null]>([
    ['stands', [hour(-1, 1, team)], 'silenced by kim until 13:00 UTC'],
    ['with a reason', [hour(-1, 1, team, { reason: 'deploying' })], 'silenced by kim until 13:00 UTC: deploying'],
    ['until another day', [hour(-1, 13, team)], 'silenced by kim until 2026-11-24 01:00 UTC'],
    ['has not begun', [hour(1, 2, team)], null],
    ['is over', [hour(-2, -1, team)], null],
    ['ends at this very moment', [hour(-2, 0, team)], null],
    ['begins at this very moment', [hour(0, 1, team)], 'silenced by kim until 13:00 UTC'],
    ['the one that lasts longest is named', [hour(-1, 1, team), hour(-1, 2, team)], 'silenced by kim until 14:00 UTC'],
    ['of another team', [hour(-1, 1, [{ label: 'team', is: '=', value: 'billing' }])], null],
    ['with one matcher that does not match', [hour(-1, 1, [...team, { label: 'rule', is: '=', value: 'x' }])], null],
  ])('%s', (_name, silences, reason) => {
    const { state, row } = failing();
    for (const entry of silences) state.silences.set(entry.id, entry);
    expect(ask(silence, row, state)?.reason ?? null).toBe(reason);
  });

  test('names its end, so that somebody wakes up for it', () => {
    const { state, row } = failing();
    const entry = hour(-1, 1, team);
    state.silences.set(entry.id, entry);
    expect(ask(silence, row, state)?.until).toBe(entry.ends_at);
  });
});

test('maintenance holds while a window of the config or of the API does', () => {
  const { state, row } = failing();
  const window: MaintenanceWindow = {
    id: 'lunch',
    name: 'Lunch',
    matchers: [{ label: 'service', is: '=~', value: 'ref.*' }],
    schedule: { cron: '45 12 * * *', timezone: 'Europe/Berlin', duration_ms: 45 * 60_000 },
    source: 'config',
    created_by: 'ringdown.yaml',
  };
  const held = { reason: 'maintenance "Lunch" until 12:30 UTC', until: '2026-11-23T12:30:00.000Z' };
  expect(ask(maintenance, row, state, { maintenance: [window] })).toEqual(held);
  expect(ask(maintenance, row, state, { maintenance: [window], now: NOON + 30 * 60_000 })).toBeNull();
  expect(ask(maintenance, row, state)).toBeNull();
  state.windows.set('lunch', window);
  expect(ask(maintenance, row, state)).toEqual(held);
});

describe('quiet hours', () => {
  const night: QuietHours = {
    priority: 'P3',
    from_minute: 22 * 60,
    to_minute: 8 * 60,
    timezone: 'Asia/Seoul',
    days: [],
  };
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const seoul = (local: string) => Date.parse(`${local}:00+09:00`);

  test.each<[string, QuietHours[], string, string | null]>([
    ['in the evening', [night], '2026-11-23T23:00', '2026-11-23T23:00:00.000Z'],
    ['after midnight', [night], '2026-11-24T03:00', '2026-11-23T23:00:00.000Z'],
    ['at the beginning', [night], '2026-11-23T22:00', '2026-11-23T23:00:00.000Z'],
    ['at the end', [night], '2026-11-24T08:00', null],
    ['by day', [night], '2026-11-24T12:00', null],
    // 2026-11-27 is a Friday.
    ['of weekdays, on Saturday night', [{ ...night, days: [1, 2, 3, 4, 5] }], '2026-11-28T23:00', null],
    [
      'of weekdays, begun on Friday',
      [{ ...night, days: [1, 2, 3, 4, 5] }],
      '2026-11-28T03:00',
      '2026-11-27T23:00:00.000Z',
    ],
    [
      'a weekend and the night before it are one',
      [night, { ...night, from_minute: 0, to_minute: 24 * 60, days: [6, 0] }],
      '2026-11-27T23:30',
      '2026-11-29T23:00:00.000Z',
    ],
    ['without end are none', [{ ...night, from_minute: 0, to_minute: 24 * 60 }], '2026-11-23T23:00', null],
  ])('%s', (_name, hours, local, end) => {
    expect(iso(quietUntil(hours, seoul(local)))).toBe(end);
  });

  test('end by the clock on the wall when that changes', () => {
    const berlin = { ...night, timezone: 'Europe/Berlin', to_minute: 2 * 60 + 30 };
    // In the night to 29 March 2026 the clocks skip 02:00 to 03:00, in that to 25 October they show it twice.
    expect(iso(quietUntil([berlin], Date.parse('2026-03-28T23:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
    expect(iso(quietUntil([berlin], Date.parse('2026-10-24T22:00:00Z')))).toBe('2026-10-25T00:30:00.000Z');
  });

  test('are those of the priority, and never of P1', () => {
    const { state, row } = failing();
    const at = (priority: 'P1' | 'P2' | 'P3', of: 'P1' | 'P3') =>
      ask(
        quietHours,
        { ...row, incident: { ...row.incident, priority }, quiet_hours: [{ ...night, priority: of }] },
        state,
        { now: seoul('2026-11-23T23:00') },
      );
    expect(at('P3', 'P3')).toEqual({
      reason: 'quiet hours of P3 until 08:00 Asia/Seoul',
      until: '2026-11-23T23:00:00.000Z',
    });
    expect(at('P2', 'P3')).toBeNull();
    expect(at('P1', 'P1')).toBeNull();
  });
});

describe('dependency', () => {
  test('holds while every failing member depends on something that fails', () => {
    const { state } = failing(emptyState(), 'login@local');
    const orders = failing(state, 'orders@local', { depends_on: ['login@local'] });
    expect(ask(dependency, orders.row, state)?.reason).toBe('depends on login, which fails');
    const other = { ...state.monitors.get('orders@local')!, key: 'other@local', depends_on: [] };
    apply(state, { ...emptyChange(), monitors: new Map([[other.key, other]]) });
    expect(ask(dependency, orders.row, state)).toBeNull();
  });

  test('holds on after that one has recovered, until the next run has seen it so', () => {
    const { state } = failing(emptyState(), 'login@local');
    failing(state, 'orders@local', { depends_on: ['login@local'] }, NOON + 1_000);
    apply(state, decide(state, observe('login@local', passed, NOON + 2_000), { ...around, now: NOON + 2_000 }));
    const open = () => state.incidents.get(state.monitors.get('orders@local')!.incident_id!)!;
    expect(open().incident.held?.stage).toBe('dependency');
    failing(state, 'orders@local', { depends_on: ['login@local'] }, NOON + 3_000);
    expect(open().incident.held).toBeNull();
    expect(open().told).toEqual(['pager']);
  });
});

describe('inhibition', () => {
  const rule = { when: { service: 'database' }, hold: { team: 'posts' }, equal: ['environment'] };
  const policies = [{ ...policy, inhibit: [rule] }];

  test('holds what matches, under one that is open, in the same environment', () => {
    const { state, row } = failing();
    expect(ask(inhibit, row, state, { policies })).toBeNull();
    const staging = failing(state, 'database@staging', { service: 'database' });
    expect(ask(inhibit, row, state, { policies })).toBeNull();
    const database = failing(state, 'database@local', { service: 'database' });
    expect(ask(inhibit, row, state, { policies })).toMatchObject({ until: null, by: database.row.incident.id });
    expect(ask(inhibit, staging.row, state, { policies })).toBeNull();
    apply(state, decide(state, observe('database@local', { ...passed, service: 'database' }, NOON), around));
    expect(ask(inhibit, row, state, { policies })).toBeNull();
  });

  test('by one that waits for the end of quiet hours itself holds nothing back', () => {
    const { state, row } = failing();
    const { row: database } = failing(state, 'database@local', { service: 'database' });
    const held = { stage: 'quiet_hours', reason: '', until: null } as const;
    const change = { ...database, incident: { ...database.incident, held } };
    state.incidents.set(database.incident.id, change);
    expect(ask(inhibit, row, state, { policies })).toBeNull();
  });
});
