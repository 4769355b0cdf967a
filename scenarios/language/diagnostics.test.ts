import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderDiagnostics } from '../../core/document/index.ts';
import { parseScenario } from './parse.ts';
import { memoryFiles } from './source-files.ts';

const folder = new URL('./test-data/broken/', import.meta.url);
const golden = new URL('./test-data/diagnostics.txt', import.meta.url);
// Not named .yaml: formatters would mend them.
const files = readdirSync(folder).sort();
const asScenario = (file: string) => file.replace(/txt$/, 'scenario.yaml');

const named = new URL('./test-data/named/', import.meta.url);
const contents = Object.fromEntries(
  readdirSync(named).map((file) => [file.replace(/\.txt$/, ''), readFileSync(new URL(file, named), 'utf8')]),
);

const parse = (file: string) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const name = asScenario(file);
  return parseScenario(text, name, { files: memoryFiles(name, contents), functions: ['sign'] });
};

const report = () =>
  files
    .map((file) => {
      const { diagnostics, texts } = parse(file);
      return `=== ${asScenario(file)}\n${renderDiagnostics(diagnostics, texts)}\n`;
    })
    .join('\n');

test('every broken file is answered as the golden file says', () => {
  const actual = report();
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});

test.each(files)('%s is refused with a place', (file) => {
  const { scenario, diagnostics, texts } = parse(file);
  expect(scenario).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const { file: where, line, column, message, hint = '' } of diagnostics) {
    expect(line).toBeLessThanOrEqual(texts.get(where)!.split('\n').length);
    expect(column).toBeGreaterThan(0);
    expect(message + hint).not.toMatch(/undefined|\[object|must match pattern|\/work\//);
  }
});

test('eighty and more mistakes are told', () => {
  expect(files.length).toBeGreaterThanOrEqual(80);
});

test('reading hostile keys leaves Object.prototype alone', () => {
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
