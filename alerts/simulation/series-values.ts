import { parseDuration, parsePercent, parseSize } from '../../core/units.ts';

export type WrittenNumber = number | string | null;

/** A list of written numbers in one unit. `unit` is UCUM; null for bare numbers. */
export interface ReadNumbers {
  unit: string | null;
  values: (number | null)[];
}

/** Longer lists are a slip of the hand: a day has 1,440 minutes. */
const MOST_ENTRIES = 100_000;
/** A longer entry is none, and would take its time to be told so. */
const LONGEST_ENTRY = 64;

/**
 * Reads `12`, `2.1s`, `5MB`, `3%`, null, and each of these with `x10` behind it.
 * @returns the index of the first entry that is none of these, or of another unit than those before, with what is wrong
 */
export function readNumbers(
  written: WrittenNumber | readonly WrittenNumber[],
): ReadNumbers | { index: number; message: string } {
  const entries = Array.isArray(written) ? (written as readonly WrittenNumber[]) : [written as WrittenNumber];
  const values: (number | null)[] = [];
  let unit: string | null | undefined;
  for (const [index, entry] of entries.entries()) {
    if (typeof entry === 'string' && entry.length > LONGEST_ENTRY)
      return { index, message: `an entry has at most ${LONGEST_ENTRY} characters` };
    const [, text, times] = typeof entry === 'string' ? /^(.*?)(?:\s*x\s*(\d+))?$/.exec(entry)! : [];
    const read = typeof entry === 'string' ? readOne(text!) : { value: entry, unit: null };
    if (!read) return { index, message: `"${entry}" is no number, duration, size or percentage` };
    if (read.value !== null) {
      if (unit !== undefined && unit !== read.unit) return { index, message: 'the values of a series have one unit' };
      unit = read.unit;
    }
    const count = times === undefined ? 1 : Number(times);
    if (count < 1 || values.length + count > MOST_ENTRIES)
      return { index, message: `a series has 1 to ${MOST_ENTRIES} entries` };
    for (let n = 0; n < count; n++) values.push(read.value);
  }
  return { unit: unit ?? null, values };
}

function readOne(text: string): { value: number | null; unit: string | null } | undefined {
  if (text === 'null') return { value: null, unit: null };
  if (text !== '' && Number.isFinite(Number(text))) return { value: Number(text), unit: null };
  const ms = parseDuration(text);
  if (ms !== undefined) return { value: ms / 1_000, unit: 's' };
  const bytes = parseSize(text);
  if (bytes !== undefined) return { value: bytes, unit: 'By' };
  const share = parsePercent(text);
  return share === undefined ? undefined : { value: share, unit: '1' };
}
