import { statSync } from 'node:fs';

const DAY_MS = 86_400_000;
const FILE = /^(\d{6})-(\d{4})(\d{2})(\d{2})T\d{6}Z\.duckdb$/;

/** `000012-20261123T100000Z.duckdb`: its number, and when it was begun. */
export function fileName(sequence: number, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${String(sequence).padStart(6, '0')}-${stamp}.duckdb`;
}

/** @returns 0 when the name is not a partition's */
export function sequenceOf(name: string): number {
  return Number(FILE.exec(name)?.[1] ?? 0);
}

/** Was the file begun on the UTC day of `now`? */
export function isOfDay(name: string, now: number): boolean {
  const [, , year, month, day] = FILE.exec(name) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) === Math.floor(now / DAY_MS) * DAY_MS;
}

/** On disk, the write-ahead log included. */
export function sizeOnDisk(file: string): number {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size(file) + size(`${file}.wal`);
}
