import { describe, expect, test } from '@jest/globals';
import type { Monitor, MonitorState } from '../../../../control/resources.ts';
import { boardWords, countStates, groupByService, matches } from './board-rows.ts';

const monitor = (name: string, state: MonitorState, more: Partial<Monitor> = {}) =>
  ({
    key: `${name}@local`,
    name,
    service: 'api',
    environment: 'local',
    owner: 'team-posts',
    tags: ['critical'],
    state,
    ...more,
  }) as Monitor;
const all = { text: '', state: null, tag: null };

describe('board', () => {
  test('every word of the filter must be somewhere', () => {
    const posts = monitor('Write a post', 'failing');
    expect(matches(posts, { ...all, text: 'POST team' })).toBe(true);
    expect(matches(posts, { ...all, text: 'post checkout' })).toBe(false);
    expect(matches(posts, { ...all, tag: 'slow' })).toBe(false);
    expect(matches(posts, { ...all, state: 'passing' })).toBe(false);
  });

  test('a row keeps its place when its state changes', () => {
    const names = (state: MonitorState) =>
      groupByService([monitor('b', state), monitor('a', 'passing')], all)[0]!.monitors.map((entry) => entry.name);
    expect(names('passing')).toEqual(names('failing'));
  });

  test('a service in two environments is two groups, each as bad as its worst monitor', () => {
    const groups = groupByService(
      [monitor('a', 'passing'), monitor('b', 'degraded'), monitor('a', 'failing', { environment: 'staging' })],
      all,
    );
    expect(groups.map((group) => [group.environment, group.state])).toEqual([
      ['local', 'degraded'],
      ['staging', 'failing'],
    ]);
  });

  test.each<[MonitorState[], string]>([
    [[], 'No monitors yet'],
    [['passing', 'passing'], 'All 2 monitors pass'],
    [['failing', 'degraded', 'passing'], '1 of 3 monitors is failing, 1 degraded'],
    [['no_data', 'passing'], 'Nothing is failing: 1 without data of 2 monitors'],
    [['passing', 'paused'], '1 of 2 monitors pass, 1 paused'],
  ])('%j reads %s', (states, words) => {
    expect(boardWords(countStates(states.map((state, index) => monitor(String(index), state))))).toBe(words);
  });
});
