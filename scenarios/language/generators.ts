import { fake, fakerProblem } from './faker.ts';
import type { Filtered } from './filters.ts';
import { formatProblem, formatTime, parseOffset } from './time-format.ts';

/** Where generated values come from; tests give a fixed time and a seeded random. */
export interface Generators {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** What generators may ask for. */
export interface Surroundings {
  readonly generators: Generators;
  /** Name of the environment. */
  readonly environment: string;
  /** Of the data, from 1; null where there are none. */
  readonly row: number | null;
  /** Of the files that the config lists; null for none. */
  readonly functions: Functions | null;
}

/** JavaScript functions that `$call` may call, by name. */
export interface Functions {
  readonly names: readonly string[];
  /** @param args JSON values @returns a JSON value, or why there is none, told as a sentence goes on after the call */
  call(name: string, args: readonly unknown[]): Filtered;
}

interface Generator {
  /** Fewest and most arguments. */
  arity: readonly [number, number];
  /** Whether arguments after the first may be names and secrets. */
  references?: true;
  /** What is wrong with the arguments as written; names and secrets are undefined. */
  check?(args: readonly unknown[]): { message: string; hint?: string } | undefined;
  make(from: Surroundings, args: readonly unknown[]): Filtered;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const int = (from: Generators, low: number, high: number) => low + Math.floor(from.random() * (high - low + 1));

function bounded(value: unknown, fallback: number): number {
  const number = Number(value ?? fallback);
  return Number.isSafeInteger(number) ? number : fallback;
}

const plainly =
  (make: (from: Generators, args: readonly unknown[]) => string | number): Generator['make'] =>
  ({ generators }, args) => ({ value: make(generators, args) });

const GENERATORS: Record<string, Generator> = {
  /** UUID version 4 (RFC 9562 §5.4). */
  uuid: {
    arity: [0, 0],
    make: plainly((from) => {
      const bytes = Buffer.allocUnsafe(16);
      for (let index = 0; index < 16; index++) bytes[index] = int(from, 0, 255);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const hex = bytes.toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    }),
  },
  /** UTC: `$now`, `$now("+1h30m")`, `$now("yyyy-MM-dd")`, `$now("-1d", "unix")`. RFC 3339 with milliseconds by default. */
  now: {
    arity: [0, 2],
    check(args) {
      const [offset, format] = nowArguments(args);
      const wrong = offset === undefined ? undefined : parseOffset(offset);
      if (wrong && 'error' in wrong) return { message: wrong.error, hint: '$now("+1h30m", "yyyy-MM-dd")' };
      return format === undefined ? undefined : formatProblem(format);
    },
    make: plainly((from, args) => {
      const [offset, format = 'iso'] = nowArguments(args);
      const shift = offset === undefined ? { value: 0 } : parseOffset(offset);
      return formatTime(from.now() + ('value' in shift ? shift.value : 0), format);
    }),
  },
  /** Unix seconds. */
  timestamp: { arity: [0, 0], make: plainly((from) => Math.floor(from.now() / 1_000)) },
  /** Unix milliseconds. */
  timestamp_ms: { arity: [0, 0], make: plainly((from) => Math.floor(from.now())) },
  /** `$random_int` is 0 to 999999; `$random_int(1, 6)` throws a die, both ends included. */
  random_int: {
    arity: [0, 2],
    make: plainly((from, args) => {
      const low = args.length === 2 ? bounded(args[0], 0) : 0;
      return int(from, low, Math.max(low, bounded(args.at(-1), 999_999)));
    }),
  },
  /** Lower-case letters and digits; `$random_string(8)`, at most 1,000. */
  random_string: {
    arity: [0, 1],
    make: plainly((from, [length]) =>
      Array.from(
        { length: Math.min(1_000, Math.max(1, bounded(length, 12))) },
        () => LETTERS[int(from, 0, LETTERS.length - 1)],
      ).join(''),
    ),
  },
  /** Invented data in English: `$faker("person.firstName")`. */
  faker: {
    arity: [1, 1],
    check: ([method]) => fakerProblem(String(method)),
    make: ({ generators }, [method]) => ({ value: fake(String(method), generators) }),
  },
  /** Name of the environment. */
  env: { arity: [0, 0], make: ({ environment }) => ({ value: environment }) },
  /** Number of the row of `data`, from 1. */
  row: {
    arity: [0, 0],
    make: ({ row }) => (row === null ? { error: 'has no value: there is no row of data here' } : { value: row }),
  },
  /** What a function gives that a file of the config exports: `$call("sign", body, secrets.KEY)`. */
  call: {
    arity: [1, 20],
    references: true,
    check: ([name]) =>
      typeof name === 'string'
        ? undefined
        : { message: '$call begins with the name of a function', hint: '$call("sign", body)' },
    make({ functions }, [name, ...args]) {
      return (
        functions?.call(String(name), args) ?? { error: 'cannot be called: no functions are listed in ringdown.yaml' }
      );
    },
  },
};

/** `$now("…")` takes either; an offset begins with a sign. */
function nowArguments(args: readonly unknown[]): [string | undefined, string | undefined] {
  const [first, second] = args.map(String);
  if (second !== undefined) return [first, second];
  return first === undefined || /^[+-]/.test(first) ? [first, undefined] : [undefined, first];
}

export const GENERATOR_NAMES: readonly string[] = Object.keys(GENERATORS);

export function generator(name: string): Generator | undefined {
  return Object.hasOwn(GENERATORS, name) ? GENERATORS[name] : undefined;
}
