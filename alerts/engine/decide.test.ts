import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, isScenarioRule, type Policy } from '../policies/policy.ts';
import { answered, failed, observe, passed, timedOut, unreachable, wrongBody } from '../testing/observations.ts';
import { decide } from './decide.ts';
import type { Surroundings } from './draft.ts';
import type { Observation } from './observation.ts';
import { acknowledge, resolve } from './people.ts';
import { prune } from './silencing.ts';
import { type AlertChange, apply, emptyState, isEmpty } from './state.ts';

const anyRun = builtInPolicy.rules.find(isScenarioRule)!;

const policy = (id: string, patch: Partial<Policy> = {}): Policy => ({
  ...builtInPolicy,
  id,
  escalation: [{ after_ms: 0, notify: ['all'], repeat_every_ms: null }],
  resolve: { after_passing: 1 },
  ...patch,
});

const KIM = { by: 'kim', via: 'web' };
const START = Date.UTC(2026, 10, 23, 3);

/** Plays observations against the pure engine and keeps what it asked for. */
class Play {
  readonly state = emptyState();
  readonly told: string[] = [];
  readonly around: Surroundings;

  constructor(policies: Policy[], channels = ['pager']) {
    const events = ['incident.triggered', 'incident.resolved', 'incident.escalated', 'incident.acknowledged'] as const;
    this.around = {
      now: START,
      policies,
      channels: channels.map((name) => ({ name, events: [...events] })),
      publicUrl: 'http://127.0.0.1:4000',
    };
  }

  see(seconds: number, monitor: string, outcome: Parameters<typeof observe>[1]): AlertChange {
    this.around.now = START + seconds * 1_000;
    return this.take(decide(this.state, observe(monitor, outcome, this.around.now), this.around));
  }

  take(change: AlertChange): AlertChange {
    apply(this.state, change);
    for (const { event, channel, incident_id } of change.deliveries.values()) {
      const { title } = this.state.incidents.get(incident_id)!.incident;
      this.told.push(`${channel} ${event.replace('incident.', '')}: ${title}`);
    }
    return change;
  }

  get open() {
    return [...this.state.incidents.values()]
      .map(({ incident }) => incident)
      .filter(({ state }) => state !== 'resolved');
  }
}

const always = policy('default');

describe('what belongs to one incident', () => {
  test('a service that does not answer rings once, whatever the number of its monitors', () => {
    const play = new Play([always]);
    for (let index = 0; index < 50; index++) play.see(index, `m${index}@local`, unreachable);
    expect(play.told).toEqual(['pager triggered: Reference API does not answer']);
    expect(play.open).toMatchObject([{ monitors: Array.from({ length: 50 }, (_, index) => `m${index}@local`) }]);
  });

  test('services and environments are apart', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', unreachable);
    play.see(1, 'a@staging', unreachable);
    play.see(2, 'b@local', { ...unreachable, service: 'billing' });
    expect(play.open).toHaveLength(3);
  });

  test('monitors that meet the same failing route share its incident', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.see(600, 'b@local', answered(503));
    expect(play.told).toEqual(['pager triggered: Reference API: POST /v1/posts answers 500']);
  });

  test('routes that begin to answer 5xx within five minutes are one incident, later ones another', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.see(200, 'b@local', answered(500, 'POST /v1/users'));
    expect(play.open).toMatchObject([{ title: 'Reference API: 2 routes fail' }]);
    play.see(301, 'c@local', answered(500, 'GET /v1/posts'));
    expect(play.told).toHaveLength(2);
  });

  test('a slow route is said to be one, and does not hide another that breaks later', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', timedOut());
    play.see(1, 'b@local', timedOut());
    expect(play.told).toEqual(['pager triggered: Reference API: POST /v1/posts does not answer in time']);
    play.see(600, 'c@local', answered(500, 'POST /v1/users'));
    expect(play.open).toHaveLength(2);
  });

  test('a service that hangs rings once, also for monitors that run rarely', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', timedOut('POST /v1/sessions', 'sign in'));
    play.see(30, 'b@local', timedOut('GET /healthz', 'health'));
    play.see(900, 'c@local', timedOut('GET /v1/users', 'list'));
    play.see(905, 'd@local', answered(502, 'GET /v1/posts', 'list'));
    play.see(910, 'e@local', unreachable);
    expect(play.told).toHaveLength(1);
    expect(play.open).toMatchObject([{ monitors: ['a@local', 'b@local', 'c@local', 'd@local', 'e@local'] }]);
  });

  test('a time-out right before the service is gone is the same outage', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', timedOut());
    play.see(5, 'b@local', unreachable);
    play.see(10, 'a@local', unreachable);
    expect(play.told).toHaveLength(1);
    expect(play.open).toMatchObject([{ title: 'Reference API does not answer' }]);
  });

  test('a service that goes away while somebody looks at a slow route rings once more', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', timedOut());
    play.take(acknowledge(play.state, play.open[0]!.id, KIM, play.around));
    play.see(5, 'b@local', unreachable);
    play.see(10, 'a@local', unreachable);
    expect(play.told.filter((line) => line.includes('triggered'))).toHaveLength(2);
    expect(play.open).toHaveLength(1);
  });

  test('a wrong body is the business of its monitor alone', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', wrongBody());
    play.see(1, 'b@local', wrongBody());
    expect(play.open).toHaveLength(2);
  });

  test('rejected sign-ins of several monitors are one incident', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', answered(401, 'POST /v1/sessions', 'sign in'));
    play.see(1, 'b@local', answered(403, 'POST /v1/sessions', 'sign in'));
    expect(play.open).toHaveLength(1);
  });
});

describe('when the failure changes its shape', () => {
  test('the service dies within an open, acknowledged incident: one further page, and the narrower one ends', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.take(acknowledge(play.state, play.open[0]!.id, KIM, play.around));
    play.see(60, 'a@local', unreachable);
    play.see(61, 'b@local', unreachable);
    play.see(62, 'c@local', unreachable);
    expect(play.told).toEqual([
      'pager triggered: Reference API: POST /v1/posts answers 500',
      'pager acknowledged: Reference API: POST /v1/posts answers 500',
      'pager triggered: Reference API does not answer',
      'pager resolved: Reference API: POST /v1/posts answers 500',
    ]);
    expect(play.open).toMatchObject([{ monitors: ['a@local', 'b@local', 'c@local'] }]);
    const keys = [...play.state.incidents.values()].map(({ incident }) => incident.dedup_key);
    expect(new Set(keys).size).toBe(2);
  });

  test('the service comes back half: no further page, and the incident says what fails now', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', unreachable);
    play.see(1, 'b@local', unreachable);
    play.see(60, 'a@local', failed);
    expect(play.open).toMatchObject([{ title: 'Reference API: POST /v1/posts answers 500' }]);
    play.see(61, 'b@local', passed);
    play.see(62, 'c@local', answered(500, 'POST /v1/users'));
    expect(play.told).toEqual(['pager triggered: Reference API does not answer']);
    expect(play.open).toMatchObject([{ title: 'Reference API: 2 routes fail' }]);
    play.see(90, 'a@local', unreachable);
    expect(play.told).toHaveLength(1);
    play.see(120, 'a@local', passed);
    play.see(121, 'c@local', passed);
    expect(play.told.at(-1)).toContain('resolved');
    expect(play.open).toEqual([]);
  });

  test('the monitor that opened it passes: the incident speaks of one that still fails', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', unreachable);
    play.see(1, 'b@local', unreachable);
    play.see(60, 'a@local', passed);
    play.see(61, 'b@local', answered(500, 'GET /v1/users', 'list'));
    expect(play.open).toMatchObject([
      { title: 'Reference API: GET /v1/users answers 500', cause: { monitor: 'b@local', step: 'list' } },
    ]);
    expect(play.told).toHaveLength(1);
  });

  test('another step of the same monitor fails: still one incident', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.see(1_000, 'a@local', wrongBody());
    expect(play.told).toHaveLength(1);
    expect(play.open).toMatchObject([{ cause: { step: 'read it back' } }]);
  });
});

describe('when an incident ends', () => {
  test('after the last of its monitors has passed', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', unreachable);
    play.see(1, 'b@local', unreachable);
    play.see(2, 'a@local', passed);
    expect(play.open).toHaveLength(1);
    play.see(3, 'b@local', passed);
    expect(play.open).toEqual([]);
  });

  test('after as many passing runs in a row as the policy asks for', () => {
    const play = new Play([policy('slow', { resolve: { after_passing: 2 } })]);
    play.see(0, 'a@local', failed);
    play.see(1, 'a@local', passed);
    play.see(2, 'a@local', failed);
    play.see(3, 'a@local', passed);
    expect(play.open).toHaveLength(1);
    play.see(4, 'a@local', passed);
    expect(play.told).toHaveLength(2);
  });

  test('a cause that flaps must stay away for ten minutes', () => {
    const play = new Play([always]);
    for (let minute = 0; minute < 60; minute++) play.see(minute * 60, 'a@local', minute % 2 === 0 ? failed : passed);
    expect(play.told.filter((line) => line.includes('triggered'))).toHaveLength(3);
    for (let minute = 60; minute < 72; minute++) play.see(minute * 60, 'a@local', passed);
    expect(play.open).toEqual([]);
    play.see(72 * 60, 'a@local', failed);
    expect(play.told.filter((line) => line.includes('triggered'))).toHaveLength(4);
  });

  test('a quarantined member lets go of it', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.see(1, 'a@local', { ...failed, quarantined: true });
    expect(play.open).toEqual([]);
  });

  test('resolved by hand, it rings again after the monitor passed once', () => {
    const play = new Play([always]);
    play.see(0, 'a@local', failed);
    play.take(resolve(play.state, play.open[0]!.id, KIM, play.around));
    play.see(30, 'a@local', failed);
    expect(play.open).toEqual([]);
    play.see(60, 'a@local', passed);
    play.see(90, 'a@local', failed);
    expect(play.open).toHaveLength(1);
  });
});

describe('a monitor that depends on another', () => {
  const child = (outcome: Parameters<typeof observe>[1]) => ({ ...outcome, depends_on: ['login@local'] });

  test('pages nobody while that one fails, and pages when it still fails afterwards', () => {
    const play = new Play([always]);
    play.see(0, 'login@local', answered(500, 'POST /v1/sessions', 'sign in'));
    play.see(1, 'orders@local', child(wrongBody('list the orders')));
    play.see(2, 'orders@local', child(unreachable));
    expect(play.told).toEqual(['pager triggered: Reference API: POST /v1/sessions answers 500']);
    expect(play.open).toMatchObject([
      { monitors: ['login@local'], held: null },
      { monitors: ['orders@local'], held: { stage: 'dependency', until: null } },
    ]);

    play.see(60, 'login@local', passed);
    // What was seen while the other one failed says nothing about now.
    expect(play.open).toMatchObject([{ monitors: ['orders@local'], held: { stage: 'dependency' } }]);
    play.see(61, 'orders@local', child(wrongBody('list the orders')));
    expect(play.told.slice(1)).toEqual([
      'pager resolved: Reference API: POST /v1/sessions answers 500',
      'pager triggered: Reference API: orders fails at "list the orders"',
    ]);
  });

  test('pages on its own account while that one passes', () => {
    const play = new Play([always]);
    play.see(0, 'login@local', passed);
    play.see(1, 'orders@local', child(wrongBody('list the orders')));
    expect(play.told).toEqual(['pager triggered: Reference API: orders fails at "list the orders"']);
  });

  test('keeps the incident that it had before, until a service that is down takes it over', () => {
    const play = new Play([always]);
    play.see(0, 'orders@local', child(wrongBody('list the orders')));
    play.see(1, 'login@local', unreachable);
    play.see(2, 'orders@local', child(unreachable));
    play.see(60, 'login@local', passed);
    play.see(61, 'orders@local', child(passed));
    expect(play.told).toEqual([
      'pager triggered: Reference API: orders fails at "list the orders"',
      'pager triggered: Reference API does not answer',
      'pager resolved: Reference API: orders fails at "list the orders"',
      'pager resolved: Reference API does not answer',
    ]);
  });
});

describe('which policy', () => {
  const critical = policy('critical', {
    priority: 'P1',
    rules: [{ ...anyRun, tags: ['critical'] }],
  });
  const patient = policy('patient', { rules: [{ ...anyRun, services: ['billing'], consecutive: 3 }] });

  const table: [string, Policy[], Partial<Observation>, string, number][] = [
    ['the most urgent that matches', [always, critical], { tags: ['critical'] }, 'critical', 1],
    ['the general one without the tag', [always, critical], {}, 'default', 1],
    [
      "the scenario's own, though another is more urgent",
      [always, critical, patient],
      { tags: ['critical'], policy: 'patient' },
      'patient',
      1,
    ],
    ['the built-in one where none matches', [critical], {}, 'built-in', 1],
    ['the built-in one where there is none', [], {}, 'built-in', 1],
    ["the scenario's own count", [patient], { service: 'billing', policy: 'patient' }, 'patient', 3],
    ['the count of the rule that matches', [patient], { service: 'billing' }, 'patient', 3],
  ];
  test.each(table)('%s', (_name, policies, patch, expected, needed) => {
    const play = new Play(policies);
    for (let failures = 1; failures <= needed; failures++) {
      expect(play.open).toHaveLength(0);
      play.see(failures, 'a@local', { ...failed, ...patch });
    }
    expect(play.open).toMatchObject([{ policy: expected }]);
  });

  test('a passing run in between starts the count anew', () => {
    const play = new Play([patient]);
    for (const outcome of [failed, failed, passed, failed, failed])
      play.see(play.told.length, 'a@local', { ...outcome, service: 'billing' });
    expect(play.open).toEqual([]);
  });

  test('a more urgent monitor that joins raises the priority and calls only those not told yet', () => {
    const wide = policy('critical', {
      ...critical,
      escalation: [{ after_ms: 0, notify: ['pager', 'call-kim'], repeat_every_ms: null }],
    });
    const narrow = policy('default', { escalation: [{ after_ms: 0, notify: ['pager'], repeat_every_ms: null }] });
    const play = new Play([narrow, wide], ['pager', 'call-kim']);
    play.see(0, 'a@local', unreachable);
    play.see(1, 'b@local', { ...unreachable, tags: ['critical'] });
    expect(play.told.map((line) => line.split(':')[0])).toEqual(['pager triggered', 'call-kim triggered']);
    expect(play.open).toMatchObject([{ priority: 'P1', policy: 'critical' }]);
  });
});

test('seeing the same run twice changes nothing', () => {
  const play = new Play([always]);
  const observation = observe('a@local', failed, START);
  play.take(decide(play.state, observation, play.around));
  expect(isEmpty(decide(play.state, observation, play.around))).toBe(true);
});

test('a healthy monitor costs no write', () => {
  const play = new Play([always]);
  play.see(0, 'a@local', passed);
  expect(isEmpty(play.see(30, 'a@local', passed))).toBe(true);
});

test('deciding leaves the state as it was', () => {
  const play = new Play([always]);
  play.see(0, 'a@local', failed);
  const before = JSON.stringify([...play.state.incidents, ...play.state.monitors, ...play.state.services]);
  decide(play.state, observe('a@local', unreachable, START + 1_000), play.around);
  decide(play.state, observe('b@local', failed, START + 1_000), play.around);
  acknowledge(play.state, play.open[0]!.id, KIM, play.around);
  resolve(play.state, play.open[0]!.id, KIM, play.around);
  expect(JSON.stringify([...play.state.incidents, ...play.state.monitors, ...play.state.services])).toBe(before);
});

test('the first failing run is the one that began it, not the one that confirmed it, nor that of a later cause', () => {
  const play = new Play([policy('patient', { rules: [{ ...anyRun, consecutive: 3 }] })]);
  const runs = [failed, failed, failed, wrongBody()].map((outcome, turn) => {
    play.around.now = START + turn * 60_000;
    const observation = observe('a@local', outcome, play.around.now);
    play.take(decide(play.state, observation, play.around));
    return observation.run_id;
  });
  const [row] = play.state.incidents.values();
  expect([row!.first_run?.id, row!.incident.cause.run_id]).toEqual([runs[0], runs[3]]);
});

test('what moves on to a service that is down began with the run that found it down', () => {
  const play = new Play([always]);
  play.see(0, 'a@local', failed);
  play.see(3_600, 'a@local', unreachable);
  const wider = [...play.state.incidents.values()].at(-1)!;
  expect(wider.first_run).toEqual({ id: wider.incident.cause.run_id, url: wider.incident.cause.run_url });
});

test('what nobody runs any more is forgotten after a day, and so is what was remembered for flapping', () => {
  const play = new Play([always]);
  play.see(0, 'a@local', failed);
  play.see(60, 'a@local', passed);
  play.see(120, 'b@local', failed);
  const after = (seconds: number, kept: string[] | null) =>
    prune(play.state, { ...play.around, now: START + seconds * 1_000 }, kept && new Set(kept));
  expect(isEmpty(after(86_000, []))).toBe(true);
  // One that an open incident waits for is let go of first; until somebody said what is run, nothing is known to be gone.
  expect([...after(90_000, []).forgotten]).toEqual(['a@local']);
  expect([...after(90_000, ['a@local']).forgotten, ...after(90_000, null).forgotten]).toEqual([]);
  const change = after(90_000, []);
  expect([...change.services]).toEqual([['reference-api@local', null]]);
  apply(play.state, change);
  expect([play.state.services.size, [...play.state.monitors.keys()]]).toEqual([0, ['b@local']]);
});
