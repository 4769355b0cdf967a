import { describe, expect, test } from '@jest/globals';
import { axisOf, barOf } from './waterfall.ts';

const timings = {
  dns_ms: 2,
  connect_ms: 3,
  tls_ms: null,
  first_byte_ms: 30,
  download_ms: 5,
  total_ms: 40,
  connection_reused: false,
};

describe('waterfall', () => {
  test('the axis has a few round marks and ends where the last step ends', () => {
    const axis = axisOf([83, 140, 12]);
    expect(axis.total_ms).toBe(140);
    expect(axis.ticks.map((tick) => tick.ms)).toEqual([0, 50, 100]);
    expect(axisOf([]).total_ms).toBeGreaterThan(0);
  });

  test('phases follow each other, missing ones take no room, the rest is own time', () => {
    const bar = barOf({ offset_ms: 50, duration_ms: 50, timings, tries: 1 }, axisOf([100]));
    expect(bar.left).toBe(50);
    expect(bar.segments.map((segment) => [segment.phase, Math.round(segment.left), segment.width])).toEqual([
      ['dns', 50, 2],
      ['connect', 52, 3],
      ['first_byte', 55, 30],
      ['download', 85, 5],
      ['own', 90, 10],
    ]);
  });

  test('under repeat the phases are those of the last try, at the end', () => {
    const bar = barOf({ offset_ms: 0, duration_ms: 100, timings, tries: 3 }, axisOf([100]));
    expect(bar.segments.map(({ phase, left, width }) => [phase, Math.round(left), Math.round(width)])).toEqual([
      ['own', 0, 60],
      ['dns', 60, 2],
      ['connect', 62, 3],
      ['first_byte', 65, 30],
      ['download', 95, 5],
    ]);
  });

  test('phases that claim more than the step lasted are cut at its end', () => {
    const bar = barOf({ offset_ms: 0, duration_ms: 20, timings, tries: 1 }, axisOf([20]));
    const last = bar.segments.at(-1)!;
    expect(last.left + last.width).toBeCloseTo(100);
  });

  test('a step without an exchange is own time alone', () => {
    const bar = barOf({ offset_ms: 0, duration_ms: 4, timings: null, tries: 1 }, axisOf([8]));
    expect(bar.segments).toEqual([{ phase: 'own', ms: 4, left: 0, width: 50 }]);
  });
});
