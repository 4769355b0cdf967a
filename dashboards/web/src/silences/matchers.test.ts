import { expect, test } from '@jest/globals';
import type { Incident, Monitor } from '../../../../control/resources.ts';
import { knownLabels, knownValues, matcherWords, written } from './matchers.ts';

const incidents = [{ labels: { service: 'billing', team: 'pay' } }] as unknown as Incident[];
const monitors = [{ key: 'health@live', service: 'shop', environment: 'live', policy: null }] as Monitor[];

test('rows that nobody has filled are no matchers', () => {
  const rows = [
    { row: 1, label: ' service ', is: '=' as const, value: 'billing ' },
    { row: 2, label: '', is: '=' as const, value: 'x' },
  ];
  expect(written(rows)).toEqual([{ label: 'service', is: '=', value: 'billing' }]);
});

test('labels and values that there are now are suggested', () => {
  expect(knownLabels(incidents)).toEqual(['service', 'environment', 'monitor', 'policy', 'rule', 'priority', 'team']);
  expect(knownValues('service', incidents, monitors)).toEqual(['billing', 'shop']);
  expect(knownValues('monitor', incidents, monitors)).toEqual(['health@live']);
  expect(knownValues('policy', incidents, monitors)).toEqual([]);
  expect(knownValues('priority', [], [])).toEqual(['P1', 'P2', 'P3', 'P4']);
  expect(knownValues('constructor', incidents, monitors)).toEqual([]);
});

test('matchers read as one sentence', () => {
  expect(
    matcherWords([
      { label: 'service', is: '=', value: 'billing' },
      { label: 'team', is: '!=', value: '' },
    ]),
  ).toBe('service = billing and team != nothing');
});
