import { expect, test } from '@jest/globals';
import type { NotificationEvent } from '../incident.ts';
import { answered, failed, passed, unreachable } from '../testing/observations.ts';
import { at, expectNothingElse, expectNotified, run, timeline, World } from '../testing/timeline.ts';
import type { EvidenceSource } from './evidence.ts';

const JOURNEY = 'post-journey@local';
const EDITABLE: NotificationEvent[] = ['incident.triggered', 'incident.resolved', 'incident.updated'];

/** Telemetry that brings a server error after `ms`. */
function worldWith(gather: (world: World) => EvidenceSource['gather']): World {
  const world: World = new World([], ['slack'], {
    events: EDITABLE,
    evidence: { gather: (...args) => gather(world)(...args) },
  });
  return world;
}

const after = (ms: number) =>
  worldWith((world) => async (_incident, deliver) => {
    await world.clock.timer(ms);
    deliver({ server_error: 'no such column: author_id' });
  });

test('evidence that comes within 300 ms is in the page, and needs no update', async () => {
  const played = await timeline(after(200), [
    at('0s', run(JOURNEY, failed)),
    at('199ms', expectNothingElse()),
    at('200ms', expectNotified('slack: triggered')),
    at('1m', expectNothingElse()),
  ]);
  expect(played.channel('slack').accepted[0]?.page.server_error).toBe('no such column: author_id');
});

test('evidence that comes later is attached, and told where a message can be edited', async () => {
  const played = await timeline(after(2_000), [
    at('0s', run(JOURNEY, failed)),
    at('299ms', expectNothingElse()),
    at('300ms', expectNotified('slack: triggered')),
    at('10s', expectNotified('slack: updated')),
  ]);
  const [first, second] = played.channel('slack').accepted;
  expect(first?.page.server_error).toBeNull();
  expect(second?.page.server_error).toBe('no such column: author_id');
  expect([...played.store.events.values()].map(({ kind }) => kind)).toContain('evidence_added');
});

test('when the incident changes its cause, telemetry is asked anew', async () => {
  const asked: string[] = [];
  const world = worldWith(() => async (incident, deliver) => {
    asked.push(incident.cause.step);
    deliver({ server_error: `error in ${incident.cause.step}` });
  });
  const played = await timeline(world, [
    at('0s', run(JOURNEY, failed)),
    at('30s', run(JOURNEY, failed)),
    at('60s', run(JOURNEY, answered(503, 'GET /v1/posts', 'read'))),
  ]);
  expect(asked).toEqual(['write', 'read']);
  expect(played.incident.cause.server_error).toBe('error in read');
});

test('evidence after ten seconds comes too late', async () => {
  const played = await timeline(after(11_000), [
    at('0s', run(JOURNEY, failed)),
    at('1m', expectNotified('slack: triggered')),
  ]);
  expect(played.incident.cause.server_error).toBeNull();
});

test('telemetry that throws or never answers costs the page 300 ms at most', async () => {
  const throws = worldWith(() => async () => {
    throw new Error('relay is gone');
  });
  await timeline(throws, [at('0s', run(JOURNEY, failed)), at('1ms', expectNotified('slack'))]);
  const hangs = worldWith(() => () => new Promise(() => undefined));
  await timeline(hangs, [at('0s', run(JOURNEY, failed)), at('300ms', expectNotified('slack'))]);
});

test('a database that hangs does not keep evidence out of the page', async () => {
  const world = after(100);
  const hangs = at('0s', ({ store }) => {
    store.mode = 'hangs';
  });
  const played = await timeline(world, [hangs, at('0s', run(JOURNEY, failed)), at('2s', expectNotified('slack'))]);
  expect(played.channel('slack').accepted[0]?.page.server_error).toBe('no such column: author_id');
});

test('monitors of the same service that pass are named', async () => {
  const played = await timeline(new World([], ['slack']), [
    at('0s', run('sign-in@local', passed)),
    at('0s', run('health@staging', passed)),
    at('1s', run(JOURNEY, failed)),
  ]);
  expect(played.incident.evidence.healthy_monitors).toEqual(['sign-in@local']);
});

test('a monitor that fails too by the time a page leaves is not called healthy', async () => {
  const world = worldWith((played) => async () => {
    await played.clock.timer(200);
  });
  const played = await timeline(world, [
    at('0s', run('sign-in@local', passed)),
    at('0s', run('list@local', passed)),
    at('1s', run(JOURNEY, failed)),
    at('1100ms', run('list@local', answered(500, 'GET /v1/posts', 'list'))),
    at('2s', expectNotified('slack: triggered')),
  ]);
  const [told] = played.channel('slack').accepted;
  expect(told?.incident.monitors).toEqual([JOURNEY, 'list@local']);
  expect(told?.incident.evidence.healthy_monitors).toEqual(['sign-in@local']);
  expect(told?.page.facts).toContainEqual({ label: 'Healthy', text: 'sign in' });
});

test('nothing is called healthy of a service that does not answer', async () => {
  const played = await timeline(new World([], ['slack']), [
    at('0s', run('sign-in@local', passed)),
    at('1s', run(JOURNEY, unreachable)),
    at('1s', expectNotified('slack')),
  ]);
  expect(played.channel('slack').accepted[0]?.page.facts.map(({ label }) => label)).not.toContain('Healthy');
});
