import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDocument } from '../../core/document/index.ts';
import { editScenario } from './edit.ts';
import { parseScenario } from './parse.ts';
import { printScenario, shortened } from './print.ts';
import { memoryFiles } from './source-files.ts';
import { arbitraryScenario, NAMED_FILES } from './testing/arbitrary-scenario.ts';

fc.configureGlobal({ seed: 20261123 });

const suites = new URL('../suites/', import.meta.url);
const journey = readFileSync(new URL('post-journey.scenario.yaml', suites), 'utf8');

function edited(text: string, ...edits: Parameters<typeof editScenario>[1][number][]): string {
  const result = editScenario(text, edits);
  if ('text' in result) return result.text;
  throw new Error(result.diagnostics.map(({ message }) => message).join());
}

test('a form saves one line of a shipped scenario, and nothing else changes', () => {
  const text = edited(
    journey,
    { path: ['schedule', 'every'], value: '1m' },
    { path: ['steps', 1, 'warn', 'duration', 'lt'], value: '2s' },
    { path: ['environments'], value: ['staging'] },
    { path: ['steps', 2, 'timeout'], value: '3s' },
    { path: ['slo'], value: undefined },
  );
  const changed = text.split('\n').filter((line) => !journey.split('\n').includes(line));
  expect(changed).toEqual([
    'environments: [staging]',
    'schedule: { every: 1m, jitter: 10%, while_failing: 5s }',
    '    warn: { duration: { lt: 2s } } # password hashing is slow on purpose',
    '    timeout: 3s',
  ]);
  expect(text.split('\n')).toHaveLength(journey.split('\n').length + 1);
  expect(text).toContain('tags: [critical]\nenvironments:');
  expect(parseScenario(text, 'a').diagnostics).toEqual([]);
});

test('nothing edited is nothing changed, in every shipped scenario and any that is printed', () => {
  for (const file of readdirSync(suites)) {
    const text = readFileSync(new URL(file, suites), 'utf8');
    const name = (readDocument(text, file).value as { name: string }).name;
    expect(edited(text, { path: ['name'], value: name })).toBe(text);
  }
  fc.assert(
    fc.property(arbitraryScenario, (written) => {
      const text = printScenario(written);
      expect(edited(text, { path: [], value: shortened(written) })).toBe(text);
    }),
    { numRuns: 30 },
  );
});

test('any scenario can be turned into any other, key by key, and is read as that', () => {
  fc.assert(
    fc.property(arbitraryScenario, arbitraryScenario, (one, other) => {
      const wanted = shortened(other);
      const keys = [...new Set([...Object.keys(one), ...Object.keys(wanted)])];
      const edits = keys.map((key) => ({ path: [key], value: (wanted as Record<string, unknown>)[key] }));
      const text = edited(printScenario(one), ...edits);
      expect(readDocument(text, 'a').value).toEqual(wanted);
      expect(parseScenario(text, 'a', { files: memoryFiles('a', NAMED_FILES) }).diagnostics).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
