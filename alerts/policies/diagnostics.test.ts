import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderDiagnostics } from '../../core/document/index.ts';
import type { KnownNames } from './known-names.ts';
import { parsePolicy } from './parse.ts';

const folder = new URL('./test-data/broken/', import.meta.url);
const golden = new URL('./test-data/diagnostics.txt', import.meta.url);
// Not named .yaml: formatters would mend them.
const files = readdirSync(folder).sort();
const known: KnownNames = {
  channels: ['pager', 'team', 'call-kim'],
  schedules: ['primary'],
  users: ['kim', 'minsu'],
  backends: ['local', 'elk'],
  heartbeats: ['nightly-backup'],
};

const parse = (file: string) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  return { text, ...parsePolicy(text, file.replace(/txt$/, 'policy.yaml'), known) };
};

test('every broken policy is answered as the golden file says', () => {
  const actual = files
    .map((file) => {
      const { text, diagnostics } = parse(file);
      return `=== ${file.replace(/\.txt$/, '')}\n${renderDiagnostics(diagnostics, text)}\n`;
    })
    .join('\n');
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});

test.each(files)('%s is refused with a place', (file) => {
  const { policy, diagnostics, text } = parse(file);
  expect(policy).toBeNull();
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const { line, column, message, hint = '' } of diagnostics) {
    expect(line).toBeLessThanOrEqual(text.split('\n').length);
    expect(column).toBeGreaterThan(0);
    expect(message + hint).not.toMatch(/undefined|\[object|must match pattern/);
  }
});

test('seventy and more mistakes are told', () => {
  expect(files.length).toBeGreaterThanOrEqual(70);
});

test('reading hostile keys leaves Object.prototype alone', () => {
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
