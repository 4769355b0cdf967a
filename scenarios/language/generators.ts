/** Where generated values come from; tests give a fixed time and a seeded random. */
export interface Generators {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

interface Generator {
  /** Fewest and most arguments. */
  arity: readonly [number, number];
  make(from: Generators, args: readonly (string | number)[]): string | number;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const int = (from: Generators, low: number, high: number) => low + Math.floor(from.random() * (high - low + 1));

function bounded(value: string | number | undefined, fallback: number): number {
  const number = Number(value ?? fallback);
  return Number.isSafeInteger(number) ? number : fallback;
}

const GENERATORS: Record<string, Generator> = {
  /** UUID version 4 (RFC 9562 §5.4). */
  uuid: {
    arity: [0, 0],
    make(from) {
      const bytes = Buffer.allocUnsafe(16);
      for (let index = 0; index < 16; index++) bytes[index] = int(from, 0, 255);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const hex = bytes.toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  },
  /** RFC 3339, UTC, milliseconds. */
  now: { arity: [0, 0], make: (from) => new Date(from.now()).toISOString() },
  /** Unix seconds. */
  timestamp: { arity: [0, 0], make: (from) => Math.floor(from.now() / 1_000) },
  /** Unix milliseconds. */
  timestamp_ms: { arity: [0, 0], make: (from) => Math.floor(from.now()) },
  /** `$random_int` is 0 to 999999; `$random_int(1, 6)` throws a die, both ends included. */
  random_int: {
    arity: [0, 2],
    make(from, args) {
      const low = args.length === 2 ? bounded(args[0], 0) : 0;
      return int(from, low, Math.max(low, bounded(args.at(-1), 999_999)));
    },
  },
  /** Lower-case letters and digits; `$random_string(8)`, at most 1,000. */
  random_string: {
    arity: [0, 1],
    make: (from, [length]) =>
      Array.from(
        { length: Math.min(1_000, Math.max(1, bounded(length, 12))) },
        () => LETTERS[int(from, 0, LETTERS.length - 1)],
      ).join(''),
  },
};

export const GENERATOR_NAMES: readonly string[] = Object.keys(GENERATORS);

export function generator(name: string): Generator | undefined {
  return Object.hasOwn(GENERATORS, name) ? GENERATORS[name] : undefined;
}
