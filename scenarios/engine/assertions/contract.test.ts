import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { Files } from '../files.ts';
import { ConditionSchema } from './condition-schema.ts';
import { assertionKinds, captureKinds } from './registry.ts';
import { answer } from './testing/answers.ts';

fc.configureGlobal({ seed: 20261123 });

const files: Files = {
  text: (path) =>
    path.includes('openapi')
      ? { value: '{"openapi":"3.1.0","paths":{"/":{"get":{"responses":{"default":{"description":"any"}}}}}}' }
      : { error: 'there is no such file' },
  bytes: () => ({ error: 'there is no such file' }),
};

const ajv = new Ajv2020({ strict: false });
const validates = (schema: object, value: unknown) =>
  ajv.compile({ $defs: { condition: ConditionSchema }, ...schema })(value);
const examplesOf = (schema: object): unknown[] => (schema as { examples?: unknown[] }).examples ?? [];

const certificate = {
  subject: 'CN=example.com',
  issuer: 'CN=Some CA',
  names: ['example.com'],
  valid_from: '2026-01-01T00:00:00.000Z',
  valid_to: '2026-12-23T00:00:00.000Z',
  fingerprint_sha256: 'ab',
  serial: '01',
  trusted: true,
  untrusted_reason: null,
  chain: [],
};

const HOSTILE = [
  answer({ ok: true }),
  answer(''),
  answer('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "a": [1, {"toString": null}]}'),
  answer(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  answer(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
  answer(Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80])),
  answer('<ul><li>'.repeat(5_000), { headers: { 'content-type': 'text/html' } }),
  answer('<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;&b;</l>', {
    headers: { 'content-type': 'application/xml' },
  }),
  answer('<a><b></a>', { headers: { 'content-type': 'text/xml' } }),
  answer([1, 'two', null], { status: null }),
  answer({ ok: true }, { status: 5, statusName: 'NOT_FOUND' }),
  answer('x', {
    headers: {
      'set-cookie': ['', '=', 'a', 'a=b; Max-Age=x; __proto__=1; expires', '__proto__=1', `${'x'.repeat(9_000)}=1`],
      'content-type': ';;;',
    },
  }),
  answer('x', { redirects: [{ status: 302, url: 'http://127.0.0.1/next' }], certificate }),
];

test('each folder is found', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
    .map(({ name }) => name);
  expect(assertionKinds.map(({ kind }) => kind)).toEqual(folders.sort((a, b) => a.localeCompare(b)));
});

describe.each(assertionKinds.map((kind) => [kind.kind, kind] as const))('%s', (_, kind) => {
  test('its examples are valid, found in order and judged', () => {
    expect(examplesOf(kind.spec).length).toBeGreaterThan(0);
    expect(kind.spec).toHaveProperty('description', expect.any(String));
    for (const example of examplesOf(kind.spec)) {
      expect([example, validates(kind.spec, example)]).toEqual([example, true]);
      expect(kind.check(example, files)).toEqual([]);
      for (const exchange of HOSTILE) {
        const results = kind.evaluate(kind.normalize(example, files), exchange);
        expect(results.length).toBeGreaterThan(0);
        for (const result of results) {
          expect(result).toEqual({
            kind: kind.kind,
            subject: expect.any(String),
            operator: expect.any(String),
            expected: expect.any(String),
            actual: expect.any(String),
            passed: expect.any(Boolean),
            message: expect.any(String),
          });
          expect(result.message).not.toMatch(/undefined|\[object|Symbol/);
        }
      }
    }
  });

  test('it never throws, whatever is answered and whatever a template puts into the spec', () => {
    const place = fc.constantFrom('$.a', '$..*', 'li', 'a@href', '//li', 'count(//*)', '(a+)+$', '[', '__proto__');
    const condition = fc.record(
      {
        equals: fc.jsonValue(),
        not: fc.jsonValue(),
        contains: fc.jsonValue(),
        matches: fc.oneof(fc.string(), fc.constant('(')),
        exists: fc.boolean(),
        type: fc.constantFrom('string', 'list'),
        lt: fc.jsonValue(),
        each: fc.jsonValue(),
        count: fc.jsonValue(),
        one_of: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const keys = fc.oneof(place, fc.string(), fc.constantFrom('value', 'expires_in', 'names', 'url', 'count', 'file'));
    const written = fc.oneof(condition, fc.dictionary(keys, fc.oneof(fc.jsonValue(), condition)), fc.jsonValue());
    fc.assert(
      fc.property(written, fc.constantFrom(...HOSTILE.keys()), (spec, index) => {
        // What is no mapping where one belongs has been refused by the schema.
        if (examplesOf(kind.spec).every((example) => typeof example === 'object') && typeof spec !== 'object') return;
        if (spec === null) return;
        kind.evaluate(kind.normalize(spec, files), HOSTILE[index]!);
      }),
      { numRuns: 150 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe.each([...captureKinds])('the capture of %s', (_, capture) => {
  test('its examples are valid, found in order and read', () => {
    expect(examplesOf(capture.spec).length).toBeGreaterThan(0);
    expect(capture.spec).toHaveProperty('description', expect.any(String));
    for (const example of examplesOf(capture.spec)) {
      expect([example, validates(capture.spec, example)]).toEqual([example, true]);
      expect(capture.check(example)).toEqual([]);
      expect(capture.subject(example)).toEqual(expect.any(String));
      for (const exchange of HOSTILE) {
        const captured = capture.read(example, exchange);
        if ('error' in captured) expect(captured.error).not.toMatch(/undefined|\[object|Symbol/);
        else expect(captured.value).not.toBeUndefined();
      }
    }
  });
});
