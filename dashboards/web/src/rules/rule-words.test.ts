import { describe, expect, test } from '@jest/globals';
import type { ComingCall } from '../../../../control/resources.ts';
import { callsByTime, callWords, evaluationsWords, rulesWords, timingWords } from './rule-words.ts';

const counts = { firing: 0, pending: 0, unasked: 0, no_data: 0, inactive: 0, held: 0 };

describe('the heading', () => {
  test.each([
    [{}, 'No rules'],
    [{ inactive: 3 }, 'No rule fires'],
    [{ firing: 1, inactive: 3 }, '1 rule fires'],
    [{ firing: 2, pending: 1 }, '2 rules fire, 1 is about to'],
    [{ pending: 2, unasked: 1 }, '2 rules are about to, 1 rule cannot be asked'],
  ])('%j reads %s', (some, words) => {
    expect(rulesWords({ counts: { ...counts, ...some } })).toBe(words);
  });
});

test('evaluations are told in words, worst last', () => {
  const of = (state: 'firing' | 'inactive' | 'unasked') => ({ at: '', state, value: null });
  expect(evaluationsWords([of('firing'), of('inactive'), of('inactive'), of('unasked')])).toBe(
    'last 4 evaluations: 2 well, 1 firing, 1 could not be asked',
  );
  expect(evaluationsWords([])).toBe('not evaluated yet');
});

test('a rule says how often it looks and how long it waits; one about scenarios, when', () => {
  expect(timingWords({ every_ms: 15_000, for_ms: 120_000, keep_firing_for_ms: 0 })).toBe(
    'every 15\u00a0s, fires once it has held for 2\u00a0min',
  );
  expect(timingWords({ every_ms: null, for_ms: 0, keep_firing_for_ms: 0 })).toBe('when a run ends');
});

test('a call names the way and whose it is; calls of a step are told together where they come together', () => {
  const call = (channel: string, channel_type: string, at: string | null, name?: string): ComingCall => ({
    channel,
    channel_type,
    user: name === undefined ? null : { key: name, name },
    on_call: null,
    at,
  });
  const calls = [call('team', 'slack', '1'), call('call-kim', 'twilio-voice', '2', 'Kim'), call('x', 'ntfy', '1')];
  expect(calls.map(callWords)).toEqual(['Slack “team”', 'phone of Kim', 'push “x”']);
  expect(callsByTime({ at: '1', calls }).map(({ at, calls }) => `${at} ${calls.length}`)).toEqual(['1 2', '2 1']);
  expect(callWords(call('console', 'console', null))).toBe('the console of the watcher');
});
