import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { failed, passed, wrongBody } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectNothingElse,
  expectNotified,
  restart,
  run,
  timeline,
  World,
} from '../testing/timeline.ts';

const JOURNEY = 'post-journey@local';
const KIM = { by: 'kim', via: 'web' };
const step = (after_ms: number, ...notify: string[]) => ({ after_ms, notify, repeat_every_ms: null });
const policy = (patch: Partial<Policy> = {}): Policy => ({
  ...builtInPolicy,
  id: 'critical',
  escalation: [step(0, 'pager'), step(300_000, 'call-kim'), step(900_000, 'call-minsu')],
  ...patch,
});
const world = (...policies: Policy[]) =>
  new World(policies.length > 0 ? policies : [policy()], ['pager', 'call-kim', 'call-minsu']);
const messages = ({ store }: World) => [...store.events.values()].map(({ kind, message }) => `${kind}: ${message}`);

test('who acknowledged, and from where, is told everywhere it was told', async () => {
  const played = await timeline(world(), [
    at('0s', run(JOURNEY, failed)),
    at('5m', expectNotified('pager: triggered', 'call-kim: escalated')),
    at('6m', async ({ desk, incident }) => {
      await desk.acknowledge(incident.id, { by: 'kim', via: 'call-kim' });
    }),
    at('6m', expectNotified('pager: acknowledged', 'call-kim: acknowledged')),
  ]);
  expect(played.incident).toMatchObject({ state: 'acknowledged', acknowledged_by: 'kim' });
  expect(messages(played)).toContain('acknowledged: acknowledged by kim, by call-kim');
});

describe('escalating by hand', () => {
  test('carries the next step out now, once', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('1m', async ({ desk, incident }) => {
        await desk.escalate(incident.id, KIM);
      }),
      at('1m', expectNotified('call-kim: escalated')),
      at('14m59s', expectNothingElse()),
      at('15m', expectNotified('call-minsu: escalated')),
    ]);
  });

  test('of one that somebody has asks for help: the steps go on from theirs', async () => {
    const played = await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('5m', expectNotified('pager: triggered', 'call-kim: escalated')),
      at('6m', acknowledge('kim')),
      at('6m', expectNotified('pager: acknowledged', 'call-kim: acknowledged')),
      at('7m', async ({ desk, incident }) => {
        await desk.escalate(incident.id, { by: 'kim', via: 'call-kim' });
      }),
      at('7m', expectNotified('call-minsu: escalated')),
      at('8m', acknowledge('minsu')),
    ]);
    expect(played.incident).toMatchObject({ acknowledged_by: 'minsu' });
  });

  test('where no step is left tells everyone', async () => {
    await timeline(world(policy({ escalation: [step(0, 'pager')] })), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('1m', async ({ desk, incident }) => {
        await desk.escalate(incident.id, KIM);
      }),
      at('1m', expectNotified('pager: escalated', 'call-kim: escalated', 'call-minsu: escalated')),
    ]);
  });
});

test('notes and assignments stand in the timeline and wake nobody', async () => {
  const played = await timeline(world(), [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager')),
    at('1s', acknowledge('kim')),
    at('1s', expectNotified('pager')),
    at('1m', async ({ desk, incident }) => {
      await desk.note(incident.id, 'the disk of db-3 is full', KIM);
      await desk.assign(incident.id, 'minsu', KIM);
      await desk.assign(incident.id, 'minsu', KIM);
    }),
    at('1h', expectNothingElse()),
    at('1h', restart()),
    at('2h', async ({ desk, incident }) => {
      expect(incident.assignee).toBe('minsu');
      await desk.assign(incident.id, null, KIM);
    }),
  ]);
  expect(played.incident.assignee).toBeNull();
  const told = messages(played).filter((message) => /^(note|assigned)/.test(message));
  expect(told).toEqual([
    'note: the disk of db-3 is full',
    'assigned: assigned to minsu',
    'assigned: no longer assigned, says kim',
  ]);
});

describe('merging', () => {
  const open = ({ desk }: World, monitor: string) =>
    desk.openIncidents().find(({ monitors }) => monitors.includes(monitor))!;

  test('moves what an incident waits for into the other one, and says so on both', async () => {
    let first = '';
    let second = '';
    const played = await timeline(world(policy({ priority: 'P3' }), { ...policy({ priority: 'P1' }), id: 'urgent' }), [
      at('0s', run('a@local', { ...wrongBody(), policy: 'critical' })),
      at('0s', expectNotified('pager')),
      at('1s', run('b@local', { ...wrongBody(), policy: 'urgent' })),
      at('1s', expectNotified('pager')),
      at('2s', async (now) => {
        first = open(now, 'a@local').id;
        second = open(now, 'b@local').id;
        expect(await now.desk.merge(second, first, KIM)).toMatchObject({ id: first });
      }),
      at('2s', expectNotified('pager: resolved')),
      at('3s', (now) => {
        expect(now.incident).toMatchObject({
          id: first,
          priority: 'P1',
          policy: 'urgent',
          monitors: ['a@local', 'b@local'],
          failing_count: 2,
        });
        expect(now.store.state.incidents.get(second)!.incident).toMatchObject({
          state: 'resolved',
          merged_into: first,
          failing_count: 1,
        });
      }),
      // Both must pass before it ends, and more of the same joins it.
      at('4s', run('a@local', passed)),
      at('5s', run('b@local', { ...wrongBody(), policy: 'urgent' })),
      at('6s', expectNothingElse()),
      at('6s', ({ incident }) => expect(incident.failing_count).toBe(1)),
      at('7s', run('b@local', passed)),
      at('7s', expectNotified('pager: resolved')),
    ]);
    expect(messages(played).filter((message) => message.startsWith('merged'))).toEqual(
      expect.arrayContaining([
        expect.stringContaining('merged: kim merged into it: '),
        expect.stringContaining(`merged: merged by kim into ${first}`),
      ]),
    );
  });

  test('with itself, or with one that is over, changes nothing', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('1s', async ({ desk, incident }) => {
        expect(await desk.merge(incident.id, incident.id, KIM)).toBeNull();
        expect(await desk.merge(incident.id, 'inc-none', KIM)).toBeNull();
        expect(await desk.note('inc-none', 'hello', KIM)).toBeNull();
      }),
      at('1h', expectNotified('call-kim', 'call-minsu')),
    ]);
  });
});

describe('policies are read again', () => {
  test('nobody is told twice, and the end is still told', async () => {
    const reworded = policy({ priority: 'P1', escalation: [step(0, 'call-minsu')] });
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('1m', (now) => now.reload([reworded])),
      at('4m59s', expectNothingElse()),
      at('5m', expectNotified('call-kim: escalated')),
      at('6m', run(JOURNEY, passed)),
      at('6m', expectNotified('pager: resolved', 'call-kim: resolved')),
      at('7m', run(JOURNEY, failed)),
      at('7m', expectNotified('call-minsu: triggered')),
    ]);
  });

  test('one that is gone leaves its incidents with the steps that they were opened with', async () => {
    await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('1m', (now) => now.reload([])),
      at('2m', restart()),
      at('5m', expectNotified('call-kim: escalated')),
      at('6m', run(JOURNEY, failed)),
      at('15m', expectNotified('call-minsu: escalated')),
      at('16m', run(JOURNEY, passed)),
      at('16m', expectNotified('pager: resolved', 'call-kim: resolved', 'call-minsu: resolved')),
    ]);
  });

  test('quiet hours hold an incident as they were when it was opened', async () => {
    const quiet_hours = [{ priority: 'P2', from_minute: 0, to_minute: 4 * 60, timezone: 'UTC', days: [] }] as const;
    await timeline(world(policy({ quiet_hours })), [
      at('0s', run(JOURNEY, failed)),
      at('1m', (now) => now.reload([policy()])),
      at('59m', expectNothingElse()),
      at('1h', expectNotified('pager: triggered')),
    ]);
  });
});
