import { expect, test } from '@jest/globals';
import type { Incident } from '../incident.ts';
import { healthyBeside } from './healthy.ts';
import { apply, emptyChange, emptyState, type MonitorAlert } from './state.ts';

test('what works beside an incident are scenarios that pass, not rules that are quiet', () => {
  const monitor = (key: string, more: Partial<MonitorAlert> = {}) =>
    ({ key, source: 'run', service: 'shop', environment: 'live', state: 'passing', ...more }) as MonitorAlert;
  const monitors = [
    monitor('health@live'),
    monitor('posts@live', { state: 'degraded' }),
    monitor('login@live', { state: 'failing' }),
    monitor('joined@live'),
    monitor('other@live', { service: 'billing' }),
    monitor('rule:critical/slow', { source: 'rule' }),
    monitor('inbound:alertmanager/1', { source: 'inbound' }),
  ];
  const state = emptyState();
  apply(state, { ...emptyChange(), monitors: new Map(monitors.map((one) => [one.key, one])) });
  const incident = { service: 'shop', environment: 'live', monitors: ['joined@live'] } as unknown as Incident;
  expect(healthyBeside(state, incident)).toEqual(['health@live', 'posts@live']);
});
