import type { Faker } from '@faker-js/faker';
import { suggestion } from '../../core/document/index.ts';

/** Modules whose methods make a value out of nothing; `helpers` take functions and templates, others other objects. */
const MODULES = [
  'airline',
  'animal',
  'book',
  'color',
  'commerce',
  'company',
  'database',
  'datatype',
  'date',
  'finance',
  'food',
  'git',
  'hacker',
  'image',
  'internet',
  'location',
  'lorem',
  'music',
  'number',
  'person',
  'phone',
  'science',
  'string',
  'system',
  'vehicle',
  'word',
] as const;

/** Those that cannot do without an argument, and one that says on the terminal that it will go. */
const LEFT_OUT = new Set(['date.between', 'date.betweens', 'string.fromCharacters', 'image.urlLoremFlickr']);

export interface FakerSource {
  now(): number;
  random(): number;
}

let library: Faker | undefined;
let methods: ReadonlySet<string> | undefined;
const made = new WeakMap<FakerSource, Faker>();

/** What `$faker("person.firstName")` gives, made from the source's numbers alone. @param method one that `fakerProblem` lets pass */
export function fake(method: string, source: FakerSource): unknown {
  let faker = made.get(source);
  if (!faker) {
    const known = load();
    const Constructor = known.constructor as typeof Faker;
    faker = new Constructor({
      locale: known.rawDefinitions,
      randomizer: { next: () => source.random(), seed: () => {} },
    });
    faker.setDefaultRefDate(() => new Date(source.now()));
    made.set(source, faker);
  }
  const [module, name] = method.split('.') as [keyof Faker, string];
  return plain((faker[module] as unknown as Record<string, () => unknown>)[name]!());
}

/** Why there is no such method; undefined when there is. Loads the library. */
export function fakerProblem(method: string): { message: string; hint?: string } | undefined {
  const known = fakerMethods();
  if (known.has(method)) return undefined;
  const hint = suggestion(method, known) ?? 'for example: $faker("person.firstName")';
  return { message: `$faker knows no "${method}"`, hint };
}

/** `person.firstName` and some 240 more. Loads the library. */
export function fakerMethods(): ReadonlySet<string> {
  methods ??= new Set(methodsOf(load()));
  return methods;
}

/** Only those who use it pay for loading it (20 ms), and rendering does not wait for anything, hence not `import()`. */
function load(): Faker {
  if (!library) {
    const { createRequire } = process.getBuiltinModule('node:module');
    library = (createRequire(import.meta.url)('@faker-js/faker/locale/en') as { faker: Faker }).faker;
  }
  return library;
}

function methodsOf(faker: Faker): string[] {
  return MODULES.flatMap((module) => {
    const found = new Set<string>();
    // Its methods are bound properties in some versions, and live on the prototypes in others.
    for (let at: object | null = faker[module]; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) {
        const value: unknown = Object.getOwnPropertyDescriptor(at, name)?.value;
        if (typeof value === 'function' && name !== 'constructor') found.add(`${module}.${name}`);
      }
    }
    return [...found];
  }).filter((name) => !LEFT_OUT.has(name));
}

/** JSON values only. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
