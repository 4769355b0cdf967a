import { expect, test } from '@jest/globals';
import type { Files } from '../../files.ts';
import { readSchema } from './proto-files.ts';
import type { Schema } from './schema.ts';

const filesOf = (contents: Record<string, string>): Files => {
  const text: Files['text'] = (path) =>
    path in contents ? { value: contents[path]! } : { error: `cannot read ${path}` };
  return { text, bytes: () => ({ error: 'none' }) };
};

function read(contents: Record<string, string>, paths: string[] = []): Schema {
  const made = readSchema(Object.keys(contents)[0]!, paths, filesOf(contents));
  if ('error' in made) throw new Error(made.error);
  return made.value;
}

function roundTrip(schema: Schema, type: string, value: unknown): unknown {
  const message = schema.message(type)!;
  const encoded = message.encode(value);
  if ('error' in encoded) throw new Error(encoded.error);
  const decoded = message.decode(encoded.value);
  if ('error' in decoded) throw new Error(decoded.error);
  return decoded.value;
}

test('proto2: required, defaults, packed lists and names that nest', () => {
  const schema = read({
    'a.proto': `
      // syntax = "proto3";
      syntax = "proto2";
      package a.b;
      message Outer {
        required string name = 1;
        optional int32 size = 2 [default = 7];
        repeated sint32 deltas = 3 [packed = true];
        optional Inner inner = 4;
        optional .a.b.Outer.Inner.Kind kind = 5;
        extensions 100 to 200;
        message Inner {
          enum Kind { option allow_alias = true; UNKNOWN = 0; ONE = 1; UNO = 1; }
          optional Kind kind = 1;
        }
      }
      extend Outer { optional string more = 100; }
    `,
  });
  const value = { name: 'x', deltas: [-1, 2], inner: { kind: 'ONE' }, kind: 'ONE' };
  expect(roundTrip(schema, 'a.b.Outer', value)).toEqual(value);
  const missing = schema.message('a.b.Outer')!.encode({});
  expect(missing).toEqual({ error: expect.stringContaining('name') });
});

test('proto3: names in JSON, maps, choices, 64 bits, bytes and the well-known', () => {
  const schema = read({
    'a.proto': `
      syntax = "proto3";
      import "google/protobuf/any.proto";
      import "google/protobuf/duration.proto";
      import "google/protobuf/struct.proto";
      message A {
        string first_name = 1;
        string other = 2 [json_name = "elseName"];
        map<int32, A> by_number = 3;
        oneof choice { uint64 big = 4; bytes raw = 5; }
        optional bool sure = 6;
        google.protobuf.Duration took = 7;
        google.protobuf.Struct anything = 8;
      }
    `,
  });
  const value = {
    firstName: 'Kim',
    elseName: 'x',
    byNumber: { 7: { firstName: '', elseName: '', byNumber: {} } },
    big: '18446744073709551615',
    sure: false,
    took: '1.500s',
    anything: { a: [1, null, 'x'] },
  };
  expect(roundTrip(schema, 'A', value)).toEqual(value);
  expect(roundTrip(schema, 'A', { first_name: 'Kim' })).toMatchObject({ firstName: 'Kim' });
});

test('imports are looked for in the paths, then beside the file; a circle of them is refused', () => {
  const schema = read(
    {
      'api/main.proto':
        'syntax = "proto3"; package m; import "types.proto"; import "common/b.proto"; message M { t.T t = 1; common.B b = 2; }',
      'protos/types.proto': 'syntax = "proto3"; package t; message T { string x = 1; }',
      'api/common/b.proto': 'syntax = "proto3"; package common; import public "types.proto"; message B { t.T t = 1; }',
    },
    ['protos'],
  );
  expect(roundTrip(schema, 'm.M', { t: { x: 'y' }, b: { t: { x: 'z' } } })).toEqual({
    t: { x: 'y' },
    b: { t: { x: 'z' } },
  });
  const circle = readSchema(
    'a.proto',
    [],
    filesOf({
      'a.proto': 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }',
      'b.proto': 'syntax = "proto3"; import "a.proto"; message B { A a = 1; }',
    }),
  );
  expect(circle).toEqual({ error: 'files import each other: a.proto → b.proto → a.proto' });
});

test.each([
  ['', 'has no service'],
  ['syntax = "proto3"; service S { rpc Call (Nowhere) returns (Nowhere); }', '"Nowhere" is not defined'],
  ['syntax = "proto3"; import "gone.proto";', 'cannot find the import "gone.proto"'],
  ['syntax = "proto3"; message A { string x = 1; string y = 1; }', 'duplicate id 1'],
  ['syntax = "proto3"; message A { string x = 0; }', 'a.proto'],
  ['}', 'a.proto:1'],
  ['message '.repeat(20_000), 'a.proto'],
  [`${'message A {'.repeat(5_000)}`, 'a.proto'],
])('%j is answered in words', (text, words) => {
  const made = readSchema('a.proto', [], filesOf({ 'a.proto': text }));
  if ('error' in made) expect(made.error).toContain(words);
  else expect(made.value.method('S/Call')).toEqual({ error: 'there is no service "S"', hint: undefined });
});
