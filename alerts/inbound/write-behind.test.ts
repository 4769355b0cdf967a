import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { WriteBehind } from './write-behind.ts';

test('what was forgotten for want of room is not said to be on disk, until the disk takes what is left', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const written: string[] = [];
  let away = true;
  const disk = new WriteBehind<string>({
    clock,
    write: async (values) => {
      if (away) throw new Error('the database is locked');
      written.push(...values);
    },
    onTrouble: () => {},
    most: 2,
  });
  expect(await disk.written('never put')).toBe(true);
  for (const key of ['a', 'b', 'c']) expect(await disk.put(key, key)).toBe(false);
  expect(await disk.written('a')).toBe(false);
  expect(await disk.written('c')).toBe(false);

  away = false;
  await clock.advance(10_000);
  expect(written).toEqual(['b', 'c']);
  expect(await disk.written('c')).toBe(true);
  expect(await disk.put('a', 'a')).toBe(true);
});
