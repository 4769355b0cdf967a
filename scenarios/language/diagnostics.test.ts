import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderDiagnostics } from '../../core/document/index.ts';
import { parseScenario } from './parse.ts';

const folder = new URL('./test-data/broken/', import.meta.url);
const golden = new URL('./test-data/diagnostics.txt', import.meta.url);
// Not named .yaml: formatters would mend them.
const files = readdirSync(folder).sort();
const asScenario = (file: string) => file.replace(/txt$/, 'scenario.yaml');

const report = () =>
  files
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      return `=== ${asScenario(file)}\n${renderDiagnostics(parseScenario(text, asScenario(file)).diagnostics, text)}\n`;
    })
    .join('\n');

test('every broken file is answered as the golden file says', () => {
  const actual = report();
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});

test.each(files)('%s is refused with a place', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const { scenario, diagnostics } = parseScenario(text, asScenario(file));
  expect(scenario).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const { line, column, message } of diagnostics) {
    expect(line).toBeLessThanOrEqual(text.split('\n').length);
    expect(column).toBeGreaterThan(0);
    expect(message).not.toMatch(/undefined|\[object|must match pattern/);
  }
});

test('reading hostile keys leaves Object.prototype alone', () => {
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
