import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { builtInPolicy } from '../../alerts/policies/policy.ts';
import type { MaintenanceWindow } from '../../alerts/silences/silence.ts';
import { failed, fires } from '../../alerts/testing/observations.ts';
import { World } from '../../alerts/testing/timeline.ts';
import type { Monitor, NewMaintenanceBody, NewSilenceBody, SilencePreview } from '../../control/resources.ts';
import { silencing } from './silencing.ts';

const weekly: MaintenanceWindow = {
  id: 'weekly',
  name: 'Weekly',
  matchers: [{ label: 'service', is: '=', value: 'billing' }],
  schedule: { cron: '0 2 * * sun', timezone: 'Asia/Seoul', duration_ms: 7_200_000 },
  source: 'config',
  created_by: 'ringdown.yaml',
};
const monitors = ['post-journey@local', 'health@local'].map(
  (key) => ({ key, name: key, service: 'reference-api', environment: 'local' }) as Monitor,
);

let world: World;
let quiet: ReturnType<typeof silencing>;
beforeEach(async () => {
  const policy = { ...builtInPolicy, id: 'critical', labels: { team: 'posts' } };
  world = new World([policy], ['pager'], { maintenance: [weekly] });
  await world.start();
  quiet = silencing({ desk: world.desk, clock: world.clock, monitors: () => monitors });
  await world.run('post-journey@local', failed);
  await world.run('rule:critical/slow', fires('critical', 'slow', {}));
});
afterEach(() => world.desk.shutdown(AbortSignal.abort()));

const preview = (...matchers: Parameters<typeof quiet.silences.preview>[0]) =>
  quiet.silences.preview(matchers) as SilencePreview;

describe('what matchers match', () => {
  test('is told of open incidents by their labels, of monitors by what is known of them', () => {
    const found = preview({ label: 'team', value: 'posts' }, { label: 'environment', value: 'local' });
    expect(found.incident_count).toBe(2);
    expect(found.monitors.map(({ key }) => key)).toEqual(monitors.map(({ key }) => key));
    expect(found.unknown_labels).toEqual(['team']);
    expect(preview({ label: 'rule', value: 'slow' })).toMatchObject({ incident_count: 1, monitor_count: 0 });
  });

  test('of monitors it is every one that an incident waits for', async () => {
    const one = { label: 'monitor', value: 'post-journey@local' };
    expect(preview(one)).toMatchObject({ incident_count: 1, monitor_count: 1 });
    await world.run('health@local', failed);
    expect(preview(one).incident_count).toBe(0);
    expect(preview({ label: 'monitor', is: '=~', value: '.*@local' }).incident_count).toBe(1);
  });

  test('is refused with the reason where they cannot be', () => {
    expect(quiet.silences.preview([{ label: 'service', is: '=~', value: '(' }])).toEqual({
      refused: expect.stringMatching(/^matchers\.0\.value: /),
    });
    expect(quiet.silences.preview([{ label: 'team', is: '!=', value: 'x' }])).toEqual({
      refused: expect.stringContaining('would silence everything'),
    });
  });
});

test('silences stand, are to come, or have ended, in that order', async () => {
  const matchers = [{ label: 'service', value: 'billing' }];
  const at = (hours: number) => new Date(world.clock.now() + hours * 3_600_000).toISOString();
  await quiet.silences.create({ matchers, starts_at: at(1), duration: '1h' }, 'kim');
  const standing = await quiet.silences.create({ matchers, duration: '30m', reason: 'deploying' }, 'kim');
  const first = await quiet.silences.create({ matchers, duration: '10m' }, 'kim');
  if ('refused' in standing || 'refused' in first) throw new Error('refused');
  expect(standing).toMatchObject({ state: 'standing', reason: 'deploying', created_by: 'kim' });
  expect(await quiet.silences.end(first.id, 'minsu')).toMatchObject({ state: 'ended', ended_by: 'minsu' });
  expect(quiet.silences.list().map(({ state }) => state)).toEqual(['standing', 'coming', 'ended']);
  expect(await quiet.silences.end('sil-none', 'kim')).toBe(null);
  expect(await quiet.silences.create({ matchers, duration: '31d' }, 'kim')).toEqual({
    refused: expect.stringContaining('30 days'),
  });
});

test('maintenance is listed with its next five occurrences, planned, and taken back where it was', async () => {
  const [listed] = quiet.maintenance.list();
  expect(listed!.occurrences).toHaveLength(5);
  const begins = listed!.occurrences.map(({ starts_at }) => Date.parse(starts_at));
  expect(new Set(begins.slice(1).map((begin, index) => begin - begins[index]!))).toEqual(new Set([7 * 86_400_000]));
  expect(listed!.standing).toBe(false);
  const at = (hours: number) => new Date(world.clock.now() + hours * 3_600_000).toISOString();
  const plan = (from: number, to: number) => {
    const schedule = { starts_at: at(from), ends_at: at(to) };
    return quiet.maintenance.plan({ name: 'Disks', matchers: weekly.matchers.slice(), schedule }, 'kim');
  };
  const planned = await plan(-1, 1);
  expect(planned).toMatchObject({ standing: true, occurrences: [{ starts_at: at(-1), ends_at: at(1) }] });
  expect(await plan(-2, -1)).toEqual({ refused: expect.stringContaining('over before it begins') });
  if ('refused' in planned) throw new Error(planned.refused);
  expect(await quiet.maintenance.cancel(planned.id, 'kim')).toBe('cancelled');
  expect(await quiet.maintenance.cancel('weekly', 'kim')).toBe('from_config');
  expect(await quiet.maintenance.cancel('none', 'kim')).toBe('unknown');
});

test('what the document shows is taken', async () => {
  const text = readFileSync(new URL('../../docs/silences.md', import.meta.url), 'utf8');
  const [silence, ...windows] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, body]) => JSON.parse(body!));
  expect(await quiet.silences.create(silence as NewSilenceBody, 'kim')).toMatchObject({ state: 'standing' });
  expect(windows).toHaveLength(2);
  for (const window of windows)
    expect(await quiet.maintenance.plan(window as NewMaintenanceBody, 'kim')).toMatchObject({ source: 'api' });
});
