import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decode, plainAttributes } from '../testing/otlp-schema.ts';
import { encodeAttributes } from './attributes.ts';
import { ProtobufWriter } from './writer.ts';

/** What a foreign decoder finds where the attributes of a resource are. */
function readBack(attributes: Record<string, unknown>): Record<string, unknown> {
  const resource = encodeAttributes(0x0a, attributes);
  const writer = new ProtobufWriter(0);
  writer.byte(0x0a);
  const outer = writer.open();
  writer.byte(0x0a);
  const inner = writer.open();
  writer.raw(resource);
  writer.close(inner);
  writer.close(outer);
  return plainAttributes(decode('TracesRequest', writer.finish()).resource_spans[0]?.resource.attributes);
}

/** How OTLP says a JavaScript value. */
function expected(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : value.toString();
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), expected(member)]));
  }
  return value === null ? undefined : value;
}

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, null, '', '\udfff', 2 ** 53, -(2 ** 53)),
);
const key = fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '__proto__');
const { value: nested } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('attributes', () => {
  test('a foreign decoder reads what was written, whatever was written', () => {
    fc.assert(
      fc.property(fc.dictionary(key, nested, { noNullPrototype: true }), (attributes) => {
        expect(readBack(attributes)).toEqual(expected(attributes));
      }),
      { numRuns: 300 },
    );
  });

  test('bytes are bytes', () => {
    expect(Buffer.from(readBack({ b: Buffer.from([1, 2, 255]) }).b as Uint8Array)).toEqual(Buffer.from([1, 2, 255]));
  });

  test('undefined leaves the attribute out; functions and symbols are empty values', () => {
    expect(readBack({ a: undefined, f: () => 1, s: Symbol('x'), z: 1 })).toEqual({ f: undefined, s: undefined, z: 1n });
  });

  test('an object that contains itself ends', () => {
    const cycle: Record<string, unknown> = { name: 'me' };
    cycle.self = cycle;
    expect(JSON.stringify(readBack({ cycle }), (_, value) => (typeof value === 'bigint' ? 0 : value))).toContain('me');
  });
});
