import { expect, test } from '@jest/globals';
import { stripPaths, stripWidth } from './strip-shapes.ts';

test('the newest run is at the right, missing ones leave room at the left', () => {
  const paths = new Map(stripPaths(['failed', 'passed'], 3));
  expect(paths.get('failed')).toBe('M14 0h5v24h-5z');
  expect(paths.get('passed')).toBe('M7 4h5v16h-5z');
  expect(paths.get('empty')).toMatch(/^M1\.5 /);
  expect(stripWidth(3)).toBe(19);
});

test('every kind has a shape of its own', () => {
  const shapes = (['passed', 'degraded', 'failed', 'error', 'skipped'] as const).map(
    (kind) => stripPaths([kind], 1)[0]![1],
  );
  expect(new Set(shapes).size).toBe(5);
});
