import { describe, expect, test } from '@jest/globals';
import {
  agoWords,
  clockWords,
  countWords,
  durationWords,
  instantOf,
  percentWords,
  plural,
  sizeWords,
  spanWords,
  untilWords,
} from './words.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

describe('words', () => {
  test.each([
    [0.02, '20 µs'],
    [0.4, '0.4 ms'],
    [9.96, '10 ms'],
    [83.4, '83 ms'],
    [999.6, '1 s'],
    [1250, '1.25 s'],
    [12_340, '12.3 s'],
    [200_000, '3 min 20 s'],
  ])('%d ms is %s', (ms, words) => expect(durationWords(ms)).toBe(words));

  test('a span keeps its two largest units', () => {
    expect(spanWords(59_400)).toBe('59 s');
    expect(spanWords(2 * 3_600_000 + 5 * 60_000)).toBe('2 h 5 min');
    expect(spanWords(76 * 3_600_000)).toBe('3 d 4 h');
  });

  test('a clock that runs a little ahead reads as now, not as the future', () => {
    expect(agoWords(NOW + 800, NOW)).toBe('now');
    expect(agoWords(NOW - 12_000, NOW)).toBe('12 s ago');
    expect(agoWords(NOW - 3_599_000, NOW)).toBe('59 min ago');
  });

  test('what is due says so instead of counting below zero', () => {
    expect(untilWords(NOW - 1, NOW)).toBe('due');
    expect(untilWords(NOW + 300, NOW)).toBe('in 1 s');
    expect(untilWords(NOW + 90_000, NOW)).toBe('in 1 min');
  });

  test('the date appears only when it is another day', () => {
    expect(clockWords(NOW - 1000, NOW, 'UTC')).toBe('11:59:59');
    expect(clockWords(NOW - 86_400_000, NOW, 'UTC')).toBe('22 Nov 12:00');
    expect(clockWords(NOW - 400 * 86_400_000, NOW, 'UTC')).toBe('19 Oct 2025 12:00');
  });

  test('an uptime below one never reads 100 %', () => {
    expect(percentWords(0.99999)).toBe('99.99 %');
    expect(percentWords(1)).toBe('100 %');
    expect(percentWords(0.875)).toBe('87.5 %');
    expect(percentWords(0.002)).toBe('0.2 %');
  });

  test('amounts carry units', () => {
    expect(sizeWords(64 * 1024)).toBe('65.5 kB');
    expect(countWords(1234567)).toBe('1 234 567');
    expect(plural(1, 'run')).toBe('1 run');
    expect(plural(0, 'run')).toBe('0 runs');
  });

  test('nanoseconds survive as a fraction of a millisecond', () => {
    const base = instantOf('2026-11-23T12:00:00.000000000Z');
    expect(instantOf('2026-11-23T12:00:00.001250000Z') - base).toBeCloseTo(1.25, 2);
    expect(instantOf('2026-11-23T21:00:00+09:00')).toBe(base);
  });
});
