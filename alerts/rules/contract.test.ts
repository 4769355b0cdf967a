import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { ruleKinds } from './registry.ts';
import type { Reading } from './rule.ts';
import type { SignalAnswer, SignalQuestion } from './signal.ts';

fc.configureGlobal({ seed: 20261123 });

const NOW = Date.UTC(2026, 10, 23, 3);
const ajv = new Ajv2020({ strict: false, validateSchema: false });
const examplesOf = (schema: object): unknown[] => (schema as { examples?: unknown[] }).examples ?? [];

const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 1e300, -1e300),
);
const group = fc.record({
  labels: fc.dictionary(fc.constantFrom('http.route', 'service.name', '__proto__', 'target'), fc.string()),
  value: fc.option(number),
  samples: fc.option(number),
});
const time = fc.oneof(
  fc.constantFrom('2026-11-23T03:00:00.000Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '', 'yesterday'),
  fc.string(),
);

/** What may come back for a question, whatever the source thinks of it. */
function answerTo(question: SignalQuestion): fc.Arbitrary<unknown> {
  if (question.of === 'certificate') return fc.option(fc.record({ expires_at: time, subject: fc.string() }));
  if (question.of === 'backend') return fc.option(fc.record({ lag_ms: number, lost: number }));
  if (question.of === 'heartbeat') {
    const message = fc.option(fc.string());
    return fc.option(fc.record({ known_since: time, last_at: fc.option(time), failed: fc.boolean(), message }));
  }
  const unit = fc.option(fc.constantFrom('s', 'ms', 'By', '1', '%', '{request}', 'furlong', ''));
  return fc.option(fc.record({ unit, groups: fc.array(group, { maxLength: 6 }) }));
}

function expectReading(reading: Reading): void {
  expect(reading).toEqual({
    labels: expect.any(Object),
    value: reading.value === null ? null : expect.any(Number),
    breached: reading.breached === null ? null : expect.any(Boolean),
    text: expect.stringMatching(/\w/),
    shown: {
      value: reading.shown.value === null ? null : expect.any(String),
      threshold: reading.shown.threshold === null ? null : expect.any(String),
    },
  });
  expect(reading.text).not.toMatch(/undefined|NaN|Infinity|\[object/);
  if (reading.value !== null) expect(Number.isFinite(reading.value)).toBe(true);
}

test('each folder is found, under its own name', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
    .map(({ name }) => name.replaceAll('-', '_'));
  expect([...ruleKinds.keys()].sort()).toEqual(folders.sort());
  for (const [kind, rule] of ruleKinds) expect(rule.kind).toBe(kind);
});

describe.each([...ruleKinds])('%s', (_, kind) => {
  const examples = examplesOf(kind.schema);
  const specs = examples.map((example) => kind.compile(example));

  test('it is described, and its examples are valid', () => {
    expect(kind.schema).toHaveProperty('description', expect.any(String));
    expect(examples.length).toBeGreaterThan(0);
    const validate = ajv.compile(kind.schema);
    for (const example of examples) {
      expect([example, validate(example), validate.errors]).toEqual([example, true, null]);
      expect(kind.check(example)).toEqual([]);
    }
  });

  test('what it is compiled to is plain data, and the same every time', () => {
    for (const [index, spec] of specs.entries()) {
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(kind.compile(examples[index])).toEqual(spec);
    }
  });

  test('it asks something, and the same whatever the time', () => {
    for (const spec of specs) {
      expect(kind.questions(spec, NOW).length).toBeGreaterThan(0);
      expect(kind.questions(spec, NOW + 3_600_000)).toEqual(kind.questions(spec, NOW));
    }
  });

  test('it never throws, changes nothing it is given, and judges the same twice', () => {
    for (const spec of specs) {
      const questions = kind.questions(spec, NOW);
      const answers = fc.tuple(...questions.map(answerTo));
      const now = fc.constantFrom(NOW, 0, 8.64e15);
      fc.assert(
        fc.property(answers, now, (written, at) => {
          const given = written as (SignalAnswer | null)[];
          const before = structuredClone([spec, given]);
          const readings = kind.evaluate(spec, given, at);
          expect(structuredClone([spec, given])).toEqual(before);
          expect(kind.evaluate(spec, given, at)).toEqual(readings);
          for (const reading of readings) {
            expectReading(reading);
            expect(Object.keys(reading.labels).every((name) => Object.hasOwn(reading.labels, name))).toBe(true);
          }
        }),
        { numRuns: 60 },
      );
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('what depends on an answer that did not come has no reading', () => {
    for (const spec of specs) {
      const questions = kind.questions(spec, NOW);
      expect(
        kind.evaluate(
          spec,
          questions.map(() => null),
          NOW,
        ),
      ).toEqual([]);
    }
  });

  test('what is gone reads as no data, or as what its absence says', () => {
    for (const spec of specs) {
      const labels = Object.fromEntries(kind.labels(spec).map((name) => [name, 'x']));
      const reading = kind.vanished(spec, labels);
      if (reading) {
        expectReading(reading);
        expect(reading.labels).toEqual(labels);
      }
    }
  });

  test('10,000 series are judged in their order, none lost', () => {
    for (const spec of specs) {
      const questions = kind.questions(spec, NOW);
      if (questions.some(({ of }) => ['certificate', 'heartbeat', 'backend'].includes(of))) continue;
      const [name] = kind.labels(spec);
      if (name === undefined) continue;
      const groups = Array.from({ length: 10_000 }, (_, index) => ({
        labels: { [name]: String(index) },
        value: index,
        samples: 100,
      }));
      const readings = kind.evaluate(
        spec,
        questions.map(() => ({ unit: 'ms', groups })),
        NOW,
      );
      expect(readings.map(({ labels }) => labels[name])).toEqual(groups.map(({ labels }) => labels[name]));
    }
  });
});
