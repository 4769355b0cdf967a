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

/** Numbers and units are held together by no-break spaces. */
const plain = (words: string) => words.replace(/[\u00a0\u202f]/g, ' ');
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
  ])('%d ms is %s', (ms, words) => expect(plain(durationWords(ms))).toBe(words));

  test('a span keeps its two largest units', () => {
    expect(plain(spanWords(59_400))).toBe('59 s');
    expect(plain(spanWords(2 * 3_600_000 + 5 * 60_000))).toBe('2 h 5 min');
    expect(plain(spanWords(76 * 3_600_000))).toBe('3 d 4 h');
  });

  test('a clock that runs a little ahead reads as now, not as the future', () => {
    expect(plain(agoWords(NOW + 800, NOW))).toBe('now');
    expect(plain(agoWords(NOW - 12_000, NOW))).toBe('12 s ago');
    expect(plain(agoWords(NOW - 3_599_000, NOW))).toBe('59 min ago');
  });

  test('what is due says so instead of counting below zero', () => {
    expect(plain(untilWords(NOW - 1, NOW))).toBe('due');
    expect(plain(untilWords(NOW + 300, NOW))).toBe('in 1 s');
    expect(plain(untilWords(NOW + 90_000, NOW))).toBe('in 1 min');
  });

  test('the date appears only when it is another day', () => {
    expect(plain(clockWords(NOW - 1000, NOW, 'UTC'))).toBe('11:59:59');
    expect(plain(clockWords(NOW - 86_400_000, NOW, 'UTC'))).toBe('22 Nov 12:00');
    expect(plain(clockWords(NOW - 400 * 86_400_000, NOW, 'UTC'))).toBe('19 Oct 2025 12:00');
  });

  test('an uptime below one never reads 100 %, an error rate above none never 0 %', () => {
    expect(plain(percentWords(3 / 120_400))).toBe('< 0.01 %');
    expect(plain(percentWords(0.99999))).toBe('99.99 %');
    expect(plain(percentWords(1))).toBe('100 %');
    expect(plain(percentWords(0.875))).toBe('87.5 %');
    expect(plain(percentWords(0.002))).toBe('0.2 %');
  });

  test('amounts carry units', () => {
    expect(plain(sizeWords(64 * 1024))).toBe('65.5 kB');
    expect(plain(countWords(1234567))).toBe('1 234 567');
    expect(plain(plural(1, 'run'))).toBe('1 run');
    expect(plain(plural(0, 'run'))).toBe('0 runs');
  });

  test('nanoseconds survive as a fraction of a millisecond', () => {
    const base = instantOf('2026-11-23T12:00:00.000000000Z');
    expect(instantOf('2026-11-23T12:00:00.001250000Z') - base).toBeCloseTo(1.25, 2);
    expect(instantOf('2026-11-23T21:00:00+09:00')).toBe(base);
  });
});
