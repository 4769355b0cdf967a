import { expect, test } from '@jest/globals';
import { encodePng } from './png.ts';
import { readPng } from './testing/read-png.ts';

test('a picture is what was drawn, chunk by chunk', () => {
  const palette = [
    [255, 255, 255],
    [217, 45, 32],
  ] as const;
  const png = encodePng({ width: 3, height: 2, palette, dots: Uint8Array.of(0, 1, 0, 1, 1, 0) });
  expect(png.toString('latin1', 0, 8)).toBe('\u0089PNG\r\n\u001a\n');
  expect([...png.subarray(24, 29)]).toEqual([8, 3, 0, 0, 0]);
  expect(readPng(png)).toEqual({
    width: 3,
    height: 2,
    palette,
    dots: [
      [0, 1, 0],
      [1, 1, 0],
    ],
  });
});
