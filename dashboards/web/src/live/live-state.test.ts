import { describe, expect, test } from '@jest/globals';
import type { Incident, Monitor, RunSummary } from '../../../../control/resources.ts';
import { initialState, type LiveState, openIncidents, reconnectDelayMs, reduce } from './live-state.ts';

const monitor = (state: Monitor['state'], failure: RunSummary['failure'] = null) =>
  ({ key: 'm@local', name: 'Write a post', state, recent_runs: [], last_run: { failure } }) as unknown as Monitor;
const incident = (id: string, state: Incident['state'], priority: Incident['priority'], triggered_at = '2026') =>
  ({ id, state, priority, triggered_at, title: 'Reference API: write fails' }) as Incident;
const loaded = reduce(initialState(0), { type: 'snapshot', monitors: [monitor('passing')], incidents: [] });

describe('live state', () => {
  test('a lost connection changes no monitor', () => {
    const lost = reduce(loaded, { type: 'lost', at: 5 });
    expect(lost.monitors).toBe(loaded.monitors);
    expect(lost.connection).toEqual({ status: 'lost', since: 5 });
  });

  test('the time of loss is that of the first failure, not of the last attempt', () => {
    const lost = reduce(reduce(loaded, { type: 'lost', at: 5 }), { type: 'lost', at: 90 });
    expect(lost.connection.since).toBe(5);
  });

  test('a monitor turning red is announced with its reason, a repeat is not', () => {
    const failing = monitor('failing', { step: 'write', message: 'status 500, expected 201' });
    const red = reduce(loaded, { type: 'event', at: 0, event: { type: 'monitor', data: failing } });
    expect(red.announcement).toBe('Write a post is failing: status 500, expected 201');
    const same = reduce(
      { ...red, announcement: '' },
      { type: 'event', at: 0, event: { type: 'monitor', data: failing } },
    );
    expect(same.announcement).toBe('');
  });

  test('a run joins its monitor history', () => {
    const data = { id: 'r1', monitor: 'm@local', started_at: '2026-11-23T12:00:00Z' } as RunSummary;
    const next = reduce(loaded, { type: 'event', at: 0, event: { type: 'run', data } });
    expect(next.monitors!.get('m@local')!.recent_runs).toEqual([data]);
    expect(next.monitors!.get('m@local')!.last_run).toBe(data);
    expect(next.latest_run).toBe(data);
  });

  test('when the scenario files change, monitors that are gone are gone here too', () => {
    const other = { ...monitor('no_data'), key: 'new@local' };
    const next = reduce(loaded, { type: 'event', at: 0, event: { type: 'monitors', data: { items: [other] } } });
    expect([...next.monitors!.keys()]).toEqual(['new@local']);
  });

  test('a browser with a wrong clock learns the difference, jitter is ignored', () => {
    const ping = (at: string, now: string) =>
      reduce(loaded, { type: 'event', at: Date.parse(now), event: { type: 'ping', data: { at } } }).skew_ms;
    expect(ping('2026-11-23T12:10:00Z', '2026-11-23T12:00:00Z')).toBe(600_000);
    expect(ping('2026-11-23T12:00:01Z', '2026-11-23T12:00:00Z')).toBe(0);
  });

  test('a known difference stays the same number while it only jitters, so that nothing is fetched anew', () => {
    const ping = (state: LiveState, at: string) =>
      reduce(state, { type: 'event', at: Date.parse('2026-11-23T12:00:00Z'), event: { type: 'ping', data: { at } } });
    const wrong = ping(loaded, '2026-11-23T12:10:00.000Z');
    expect(ping(wrong, '2026-11-23T12:10:00.080Z')).toBe(wrong);
    expect(ping(wrong, '2026-11-23T12:00:00.500Z').skew_ms).toBe(0);
  });

  test('open incidents come worst and oldest first', () => {
    const incidents = [
      incident('c', 'triggered', 'P2', '1'),
      incident('a', 'resolved', 'P1'),
      incident('b', 'acknowledged', 'P1', '3'),
    ];
    const state = reduce(loaded, { type: 'snapshot', monitors: [], incidents });
    expect(openIncidents(state.incidents).map((entry) => entry.id)).toEqual(['b', 'c']);
  });

  test('reconnecting slows down, with an upper bound', () => {
    expect([0, 1, 2, 3, 4, 50].map((failures) => reconnectDelayMs(failures, 0))).toEqual([
      1000, 2000, 4000, 8000, 15000, 15000,
    ]);
    expect(reconnectDelayMs(4, 1)).toBe(10_000);
  });
});
