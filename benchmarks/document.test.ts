import { expect, test } from '@jest/globals';
import { renderReport, replaceSection } from './document.ts';

const report = {
  method: ['Measured.'],
  versions: { fastify: '5.0.0' },
  table: { columns: ['leg', 'µs'], rows: [['plain', '13.2']] },
  findings: ['Fast.'],
};

test('a suite that runs again replaces its own section and leaves the others', () => {
  const first = replaceSection('', 'a', renderReport('A', report, 'machine', new Date(0)));
  const both = replaceSection(first, 'b', renderReport('B', report, 'machine', new Date(0)));
  const again = replaceSection(both, 'a', renderReport('A anew', report, 'machine', new Date(0)));
  expect(again.match(/^## .*/gm)).toEqual(['## A anew', '## B']);
  expect(again.startsWith('# Benchmarks')).toBe(true);
});

test('a table is aligned', () => {
  expect(renderReport('A', report, 'machine', new Date(0))).toContain(
    '| leg   | µs   |\n| ----- | ---- |\n| plain | 13.2 |',
  );
});
