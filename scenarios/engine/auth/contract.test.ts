import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Filling } from '../filling.ts';
import { authKinds } from './registry.ts';

const ajv = new Ajv2020({ strict: false });

test('each folder is found', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(authKinds.map(({ kind }) => kind)).toEqual(folders.sort());
});

describe.each(authKinds.map((kind) => [kind.kind, kind] as const))('%s', (_, kind) => {
  const { examples = [], description } = kind.spec as { examples?: unknown[]; description?: string };

  test('its examples are valid, found in order, compiled and filled', () => {
    expect(description).toEqual(expect.any(String));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect([example, ajv.compile(kind.spec)(example)]).toEqual([example, true]);
      expect(kind.check(example)).toEqual([]);
      const spec = kind.compile(example);
      expect(spec.kind).toBe(kind.kind);
      expect(structuredClone(spec)).toEqual(spec);
      const secrets = { QA_PASSWORD: 'a', CLIENT_SECRET: 'b', AWS_ACCESS_KEY_ID: 'c', AWS_SECRET_ACCESS_KEY: 'd' };
      const generators = { now: () => 0, random: () => 0 };
      const scope = {
        values: new Map([['token', 't']]),
        secrets,
        generators,
        environment: 'e',
        row: null,
        functions: null,
      };
      const fill = new Filling(scope);
      kind.fill(spec, fill);
      expect(fill.error).toBeNull();
    }
  });

  test('a name without a value is known to the filling', () => {
    const spec = kind.compile(examples[0]);
    const generators = { now: () => 0, random: () => 0 };
    const fill = new Filling({
      values: new Map(),
      secrets: {},
      generators,
      environment: 'e',
      row: null,
      functions: null,
    });
    kind.fill(spec, fill);
    expect(fill.error).toMatchObject({ code: 'undefined' });
  });
});
